import type { ObjectStore } from "./object-store";
import type { PropKinds } from "./private/prop-kinds";

/** A store may have more than this: the constructs that are stores do. */
export const OBJECT_STORE_KINDS: PropKinds<ObjectStore> = {
  storeName: "text",
  bucketName: "text",
  region: "text",
  endpoint: "text",
  addressStyle: "text",
  originHost: "text",
  credentialsSecretName: "text?",
  encryptionKeyArn: "text?",
  versioned: "flag",
  healthPath: "text",
  healthBody: "text",
};
