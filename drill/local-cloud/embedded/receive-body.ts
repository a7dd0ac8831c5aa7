import type { IncomingMessage } from "node:http";
import type { StoreRequest } from "./exchange";
import { S3Refusal } from "./s3-refusal";
import type { StoredBucket } from "./stored-bucket";
import type { StoredPart } from "./stored-version";

/** Stores a request's body once it is whole and matches every digest that came with it. */
export async function receiveBody(store: StoredBucket, request: StoreRequest): Promise<StoredPart<string>> {
  const { headers } = request;
  const stated = String(headers["x-amz-content-sha256"] ?? "UNSIGNED-PAYLOAD");
  if (stated.startsWith("STREAMING-")) {
    throw new S3Refusal(
      501,
      "NotImplemented",
      "aws-chunked bodies are not understood; set requestChecksumCalculation to WHEN_REQUIRED",
    );
  }
  if (headers["content-length"] === undefined) {
    throw new S3Refusal(411, "MissingContentLength", "a body must have a Content-Length");
  }
  const announced = Number(headers["content-length"]);
  const checksSha256 = stated !== "UNSIGNED-PAYLOAD";
  const { content, size, etag, sha256 } = await store.blobs.receive(wholeBody(request.body), {
    size: announced,
    sha256: checksSha256,
  });
  const refuse = async (code: string, message: string) => {
    await store.blobs.remove([content]);
    throw new S3Refusal(400, code, message);
  };
  if (size !== announced) await refuse("IncompleteBody", "the body is not whole");
  if (checksSha256 && sha256 !== stated) {
    await refuse("XAmzContentSHA256Mismatch", "the body does not match x-amz-content-sha256");
  }
  const md5 = headers["content-md5"];
  if (typeof md5 === "string" && Buffer.from(md5, "base64").toString("hex") !== etag) {
    await refuse("BadDigest", "the body does not match Content-MD5");
  }
  return { content, size, etag };
}

/**
 * A body whose sender goes away fails; without this it might only end. When the receiver fails instead, the connection
 * stays for the answer that says so.
 */
async function* wholeBody(body: IncomingMessage): AsyncGenerator<Buffer> {
  yield* body.iterator({ destroyOnReturn: false });
  if (!body.complete) throw new S3Refusal(400, "IncompleteBody", "the sender went away");
}
