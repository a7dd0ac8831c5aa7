import type { ObjectHead, ReadRequest } from "../s3/object-client";

/** How a version is named in a read; its ETag too where versions are not kept apart. */
export function naming({ versionId, etag }: ObjectHead): ReadRequest {
  return versionId === "null" ? { versionId, ifMatch: etag } : { versionId };
}
