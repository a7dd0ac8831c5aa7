export {
  type FenceParts,
  fenceSeconds,
  MARKER_HOLD_SECONDS,
  MARKER_TTL_SECONDS,
  type Marker,
  REQUEST_TIMEOUT_SECONDS,
} from "../../contract/marker";
export type { StoreName } from "../../contract/stores";
export { MarkerUnreadableError } from "./marker-reader";
export { type ResolveActiveStoreOptions, resolveActiveStore } from "./resolve-active-store";
