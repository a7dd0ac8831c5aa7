import { createHash, timingSafeEqual } from "node:crypto";
import {
  type CloudflarePermission,
  cloudflarePermissionFor,
  cloudflarePermissionText,
} from "../../contract/cloudflare-permissions";
import { type ApiAnswer, type ApiRequest, answered, refused } from "./api-request";

export interface TokenOfApi {
  /** The only token that is let in. */
  readonly token: string;
  /**
   * What it may do, as in `DNS: Edit (zone)`; Edit includes Read.
   *
   * @default - everything
   */
  readonly permissions?: readonly string[];
}

/** Why a request is not let in; undefined when it is. */
export function admission(
  request: ApiRequest,
  authorization: string | undefined,
  { token, permissions }: TokenOfApi,
): ApiAnswer | undefined {
  if (authorization === undefined) return refused(401, 10001, "Unable to authenticate request");
  if (!sameText(authorization, `Bearer ${token}`)) {
    // Asked for itself, a token is invalid; asked for anything else, it has no access.
    return isVerification(request.path)
      ? refused(401, 1000, "Invalid API Token")
      : refused(403, 9109, "Invalid access token");
  }
  const needed = cloudflarePermissionFor(request.method, request.path);
  if (needed === undefined || permissions === undefined || isGranted(needed, permissions)) return undefined;
  return refused(403, 10000, "Authentication error");
}

/** A token that asks for itself. */
export function verification({ path }: ApiRequest): ApiAnswer | undefined {
  return isVerification(path) ? answered({ id: "f".repeat(32), status: "active" }) : undefined;
}

function isVerification(path: string): boolean {
  return /^\/(user|accounts\/[^/]+)\/tokens\/verify$/.test(path);
}

function isGranted(needed: CloudflarePermission, permissions: readonly string[]): boolean {
  return (["Read", "Edit"] as const).some(
    (level) =>
      (level === "Edit" || needed.level === "Read") &&
      permissions.includes(cloudflarePermissionText({ ...needed, level })),
  );
}

function sameText(one: string, other: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
