export { changedPaths } from "../../stacks/plan-difference";
