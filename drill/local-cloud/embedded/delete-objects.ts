import { createHash } from "node:crypto";
import { readDocument, type StoreAnswer, type StoreRequest, xmlAnswer } from "./exchange";
import { S3Refusal } from "./s3-refusal";
import type { StoredBucket } from "./stored-bucket";
import { removeVersion } from "./write-object";
import { parseElements, xmlDocument } from "./xml";

/** The most objects that one request may name. */
const GREATEST_BATCH = 1000;

/** DeleteObjects. The body must be vouched for; of the digests that S3 takes, `Content-MD5` is checked. */
export async function deleteObjects(store: StoredBucket, request: StoreRequest): Promise<StoreAnswer> {
  const { headers } = request;
  const document = await readDocument(request);
  const md5 = headers["content-md5"];
  if (md5 === undefined && !Object.keys(headers).some((name) => name.startsWith("x-amz-checksum-"))) {
    throw new S3Refusal(400, "InvalidRequest", "Content-MD5 or a checksum is missing");
  }
  if (md5 !== undefined && createHash("md5").update(document).digest("base64") !== md5) {
    throw new S3Refusal(400, "BadDigest", "the body does not match Content-MD5");
  }
  const targets = parseElements(document, ["Delete", "Object"]);
  const isQuiet = parseElements(document, ["Delete"]).some(({ Quiet }) => Quiet === "true");
  if (targets.length === 0 || targets.length > GREATEST_BATCH) {
    throw new S3Refusal(400, "MalformedXML", `a batch names 1 to ${GREATEST_BATCH} objects`);
  }
  const deleted = [];
  for (const { Key: key = "", VersionId: versionId } of targets) {
    const removed = await removeVersion(store, key, versionId);
    const marker = removed?.kind === "marker" ? removed.versionId : undefined;
    deleted.push({
      Key: key,
      VersionId: versionId,
      DeleteMarker: marker === undefined ? undefined : true,
      DeleteMarkerVersionId: marker,
    });
  }
  return xmlAnswer(xmlDocument("DeleteResult", isQuiet ? {} : { Deleted: deleted }));
}
