export { changedPaths, type Plans } from "../../stacks/plan-difference";
