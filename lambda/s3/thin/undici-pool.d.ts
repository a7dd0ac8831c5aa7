// The package's own entry loads all of it, fetch and WebSocket included; the function's cold start needs one file.
declare module "undici/lib/dispatcher/pool.js" {
  import { Pool } from "undici";

  export default Pool;
}
