import {
  type ClientRequest,
  Agent as PlainAgent,
  type RequestOptions,
  request as requestPlain,
} from "node:http";
import { request as requestSecure, Agent as SecureAgent } from "node:https";
import { isIP } from "node:net";
import { checkServerIdentity, type PeerCertificate } from "node:tls";

/** Origins are asked over TLS, and their certificates are verified. */
export interface OriginTls {
  /** PEM of the authorities that are trusted, and no others. */
  readonly ca: string;
}

/** What an origin's certificate is verified against. */
export interface ExpectedCertificate extends OriginTls {
  /** Sent as the server's name (SNI). */
  readonly host: string;
  /** Accepted as well, as Cloudflare does with the name that it resolved. */
  readonly address: string;
  /**
   * Whether any certificate will do.
   *
   * @default false
   */
  readonly allowInsecure?: boolean;
}

/** Each request has a connection of its own: a dead origin is then met as a refused connection, not as a stale one. */
const PLAIN_AGENT = new PlainAgent({ keepAlive: false });

/** Nor is a TLS session taken up again: its certificate would not be looked at. */
const SECURE_AGENT = new SecureAgent({ keepAlive: false, maxCachedSessions: 0 });

/** A request to a port of 127.0.0.1, by TLS where a certificate is expected. */
export function requestOrigin(options: RequestOptions, expected?: ExpectedCertificate): ClientRequest {
  const common: RequestOptions = { ...options, host: "127.0.0.1", setHost: false };
  if (expected === undefined) return requestPlain({ ...common, agent: PLAIN_AGENT });
  const host = expected.host.replace(/:\d+$/, "");
  return requestSecure({
    ...common,
    agent: SECURE_AGENT,
    ca: expected.ca,
    servername: isIP(host) === 0 ? host : "",
    rejectUnauthorized: expected.allowInsecure !== true,
    checkServerIdentity: (_name, certificate) => identityError([host, expected.address], certificate),
  });
}

/** Undefined when the certificate is for one of the names. */
function identityError(names: readonly string[], certificate: PeerCertificate): Error | undefined {
  const errors = names.map((name) => checkServerIdentity(name, certificate));
  return errors.includes(undefined) ? undefined : errors[0];
}
