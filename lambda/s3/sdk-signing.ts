import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import { Readable } from "node:stream";
import type { S3Client } from "@aws-sdk/client-s3";
import { SignatureV4 } from "@smithy/signature-v4";
import type { Credentials, CredentialsSource } from "./credentials-source";
import { TransportError } from "./http-transport";
import { toStoreError } from "./sdk-error";
import { withoutSecrets } from "./without-secrets";

/**
 * Signs every request with the pair that the source names at that moment; the SDK alone would ask once and keep it.
 * After a refusal the same request goes out once more where the source has another pair. A streamed body cannot:
 * then the request fails so that it may be tried again from the start.
 */
export function signWithSource(client: S3Client, source: CredentialsSource, region: string): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const scheme = context.__smithy_context?.selectedHttpAuthScheme;
      if (scheme === undefined) throw new Error("the SDK chose no way of signing");
      const signWith = (pair: Credentials) => {
        const signer = signerOf(pair, region);
        scheme.signer = { sign: (request) => signer.sign(request) };
      };
      const pair = await source.current();
      signWith(pair);
      try {
        return await next(args);
      } catch (error) {
        if (error instanceof Error) error.message = withoutSecrets(error.message, pair);
        if (!isRefusal(error)) throw error;
        const other = await source.afterRefusal(pair);
        if (other === undefined) throw error;
        if (isStreamed(args.request)) {
          throw new TransportError("unreachable", "the key pair was replaced while the body was sent", error);
        }
        signWith(other);
        return next(args);
      }
    },
    // After the SDK chose how to sign, and before it signs.
    { name: "signWithSource", step: "build", priority: "low" },
  );
}

/** The SDK's own signer, of this pair alone; S3 wants paths as they are sent. */
function signerOf(pair: Credentials, region: string): SignatureV4 {
  return new SignatureV4({
    credentials: { ...pair },
    region,
    service: "s3",
    sha256: Sha256,
    uriEscapePath: false,
  });
}

/** SHA-256 of Node, as the signer wants it. */
class Sha256 {
  private readonly hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.hash = secret === undefined ? createHash("sha256") : createHmac("sha256", bytesOf(secret));
  }

  public update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.hash.update(bytesOf(data));
  }

  public digest(): Promise<Uint8Array> {
    return Promise.resolve(this.hash.digest());
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof data === "string") return data;
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

function isRefusal(error: unknown): boolean {
  // Only the kind is looked at: what was asked for does not matter.
  return toStoreError(error, { operation: "", bucket: "" }).kind === "access-denied";
}

function isStreamed(request: unknown): boolean {
  return (
    typeof request === "object" && request !== null && "body" in request && request.body instanceof Readable
  );
}
