import { type CloudflarePermission, cloudflarePermissionText } from "../../contract/cloudflare-permissions";

/** Cloudflare's API gave no usable answer in time: it is down, in trouble, or asks to be left alone. */
export class CloudflareUnreachableError extends Error {
  public override readonly name = "CloudflareUnreachableError";
}

/** Cloudflare understood the request and does not do it. */
export class CloudflareRefusedError extends Error {
  public override readonly name = "CloudflareRefusedError";

  constructor(
    message: string,
    /** Of HTTP; 404 for what is not there. */
    public readonly status: number,
    /** What the token lacks, as far as can be told. */
    public readonly missing?: CloudflarePermission,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** In one sentence, without the token. */
export function refusalText(
  request: string,
  status: number,
  said: string,
  missing: CloudflarePermission | undefined,
): string {
  if (status === 404) return `Cloudflare knows nothing at ${request}`;
  if (missing === undefined) return `Cloudflare refuses ${request} with ${status}: ${said}`;
  const permission = cloudflarePermissionText(missing);
  return `Cloudflare refuses ${request} with ${status}: ${said}. The token is wrong, or lacks: ${permission}`;
}
