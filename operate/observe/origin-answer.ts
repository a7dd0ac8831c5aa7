import { type RequestOptions as HttpOptions, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP } from "node:net";
import { TLSSocket } from "node:tls";
import type { OriginAnswer } from "../observation";

/** How an origin is asked: as the edge asks it, from here. */
export interface OriginQuestion {
  /** Connected to; `http:` for stores on this machine only. */
  readonly url: URL;
  /** Host header and name in the TLS handshake, where it is another one than the URL's. */
  readonly host?: string;
}

/**
 * Asks a store's origin host for its health object, without any credentials. Whatever it says is an answer: both stores
 * refuse requests that do not come from Cloudflare.
 *
 * @throws Error when there is no answer at all
 */
export function askOrigin({ url, host }: OriginQuestion, signal: AbortSignal): Promise<OriginAnswer> {
  const began = performance.now();
  const name = host ?? url.hostname;
  const isHttps = url.protocol === "https:";
  const options: HttpOptions = { method: "GET", headers: { host: host ?? url.host }, signal, agent: false };
  return new Promise((resolve, reject) => {
    const request = isHttps
      ? // The end of a certificate must be seen after it came, and Cloudflare's own authority is trusted by Cloudflare
        // alone. Nothing is sent that anybody could steal, and what comes is not acted on.
        requestHttps(url, {
          ...options,
          ...(isIP(name) === 0 && { servername: name }),
          rejectUnauthorized: false,
        })
      : requestHttp(url, options);
    request.once("error", reject);
    request.once("response", (response) => {
      const milliseconds = Math.round(performance.now() - began);
      const ends = response.socket instanceof TLSSocket ? certificateEnd(response.socket) : undefined;
      response.resume();
      request.destroy();
      resolve({
        status: response.statusCode ?? 0,
        milliseconds,
        ...(ends !== undefined && { certificateEnds: ends }),
      });
    });
    request.end();
  });
}

function certificateEnd(socket: TLSSocket): string | undefined {
  const { valid_to: validTo } = socket.getPeerCertificate();
  const ends = Date.parse(validTo);
  return Number.isNaN(ends) ? undefined : new Date(ends).toISOString();
}
