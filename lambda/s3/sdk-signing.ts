import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import { Readable } from "node:stream";
import { type S3Client, S3ServiceException } from "@aws-sdk/client-s3";
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
        clean(error, pair);
        if (!isRefusal(error)) throw error;
        const other = await source.afterRefusal(pair);
        if (other === undefined) throw error;
        if (isStreamed(args.request)) {
          throw new TransportError("unreachable", "the key pair was replaced while the body was sent", error);
        }
        signWith(other);
        try {
          return await next(args);
        } catch (second) {
          clean(second, other);
          throw second;
        }
      }
    },
    // After the SDK chose how to sign, and before it signs.
    { name: "signWithSource", step: "build", priority: "low" },
  );
}

/** Whatever of an answer may be shown later; the rest of what the SDK keeps of it is left behind in `toStoreError`. */
function clean(error: unknown, pair: Credentials): void {
  if (!(error instanceof Error)) return;
  error.message = withoutSecrets(error.message, pair);
  error.name = withoutSecrets(error.name, pair);
  if (error instanceof S3ServiceException && error.$metadata.requestId !== undefined) {
    Object.assign(error.$metadata, { requestId: withoutSecrets(error.$metadata.requestId, pair) });
  }
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
