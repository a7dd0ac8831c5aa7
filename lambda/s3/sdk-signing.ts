import { Readable } from "node:stream";
import type { S3Client } from "@aws-sdk/client-s3";
import type { Credentials, CredentialsSource } from "./credentials-source";
import { TransportError } from "./http-transport";
import { toStoreError } from "./sdk-error";

/**
 * Signs every request with the pair that the source names at that moment; the SDK alone would ask once and keep it.
 * After a refusal the same request goes out once more where the source has another pair. A streamed body cannot:
 * then the request fails so that it may be tried again from the start.
 */
export function signWithSource(client: S3Client, source: CredentialsSource): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const scheme = context.__smithy_context?.selectedHttpAuthScheme;
      if (scheme === undefined) throw new Error("the SDK chose no way of signing");
      const pair = await source.current();
      scheme.identity = identityOf(pair);
      try {
        return await next(args);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        const other = await source.afterRefusal(pair);
        if (other === undefined) throw error;
        if (isStreamed(args.request)) {
          throw new TransportError("unreachable", "the key pair was replaced while the body was sent", error);
        }
        scheme.identity = identityOf(other);
        return next(args);
      }
    },
    // After the SDK chose how to sign, and before it signs.
    { name: "signWithSource", step: "build", priority: "low" },
  );
}

function identityOf(pair: Credentials): Credentials & { readonly expiration?: Date } {
  return { ...pair };
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
