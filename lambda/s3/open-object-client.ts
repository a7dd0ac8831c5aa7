import type { S3ClientName } from "../../contract/environment";
import type { ObjectClient } from "./object-client";
import type { ObjectClientOptions } from "./object-client-options";
import { ThinObjectClient } from "./thin/thin-object-client";

/** Opens the implementation that the configuration names; both do the same, at different cost. */
export function openObjectClient(implementation: S3ClientName, options: ObjectClientOptions): ObjectClient {
  return implementation === "thin" ? new ThinObjectClient(options) : openSdkClient(options);
}

/** The SDK is loaded here and nowhere else: it would take up most of a cold start. */
function openSdkClient(options: ObjectClientOptions): ObjectClient {
  const { SdkObjectClient } = require("./sdk-object-client") as typeof import("./sdk-object-client");
  return new SdkObjectClient(options);
}
