import { connect } from "node:net";
import { PROBED_BODY_BYTES, type ProbeAnswer } from "./core/probe-outcome";
import type { EdgePool } from "./edge-plan";
import { type ExpectedCertificate, type OriginTls, requestOrigin } from "./origin-connection";

/** Cloudflare's probes call themselves a browser, which some servers answer with a redirect to a console. */
const PROBE_USER_AGENT =
  "Mozilla/5.0 (compatible; Cloudflare-Traffic-Manager/1.0; +https://www.cloudflare.com/traffic-manager/)";

export interface ProbeRequest {
  readonly pool: EdgePool;
  /** Undefined: the origin's address has no record. */
  readonly port: number | undefined;
  readonly timeoutMilliseconds: number;
  /** Absent: monitors of type https ask over plain HTTP as well. */
  readonly tls?: OriginTls;
}

/** One real request of a monitor to a pool's origin. Never rejects. */
export async function probe({ pool, port, timeoutMilliseconds, tls }: ProbeRequest): Promise<ProbeAnswer> {
  if (port === undefined) return { kind: "failed", reason: "ENOTFOUND" };
  return pool.monitor.type === "tcp"
    ? probeTcp(port, timeoutMilliseconds)
    : probeHttp(pool, port, timeoutMilliseconds, tls);
}

function probeHttp(
  pool: EdgePool,
  port: number,
  timeoutMilliseconds: number,
  tls: OriginTls | undefined,
): Promise<ProbeAnswer> {
  const { monitor, origin } = pool;
  const headers = {
    ...withDefaults(monitor.headers, { host: origin.address, "user-agent": PROBE_USER_AGENT }),
    // An override by the endpoint goes before the monitor's.
    ...(origin.hostHeader !== undefined && { host: origin.hostHeader }),
  };
  return new Promise((resolve) => {
    const outgoing = requestOrigin(
      { port, method: monitor.method, path: monitor.path, headers },
      tls && monitor.type === "https" ? expectedCertificate(pool, headers, tls) : undefined,
    );
    const settle = (answer: ProbeAnswer): void => {
      clearTimeout(timer);
      outgoing.destroy();
      resolve(answer);
    };
    // The whole answer has to arrive in time: an origin that stalls in the body is not healthy.
    const timer = setTimeout(() => settle({ kind: "timed-out" }), timeoutMilliseconds);
    outgoing.on("error", (error: NodeJS.ErrnoException) =>
      settle({ kind: "failed", reason: error.code ?? error.message }),
    );
    outgoing.on("response", (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      const finish = (): void =>
        settle({ kind: "answered", status: response.statusCode ?? 0, body: Buffer.concat(chunks) });
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes >= PROBED_BODY_BYTES) finish();
      });
      response.on("end", finish);
      response.on("error", (error) => settle({ kind: "failed", reason: error.message }));
    });
    outgoing.end();
  });
}

function probeTcp(port: number, timeoutMilliseconds: number): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const settle = (answer: ProbeAnswer): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => settle({ kind: "timed-out" }), timeoutMilliseconds);
    socket.on("connect", () => settle({ kind: "connected" }));
    socket.on("error", (error: NodeJS.ErrnoException) =>
      settle({ kind: "failed", reason: error.code ?? error.message }),
    );
  });
}

function expectedCertificate(
  { monitor, origin: { address } }: EdgePool,
  { host }: ProbeHeaders,
  tls: OriginTls,
): ExpectedCertificate {
  return {
    ...tls,
    host: typeof host === "string" ? host : address,
    address,
    allowInsecure: monitor.allowInsecure,
  };
}

type ProbeHeaders = Record<string, string | string[]>;

/** The plan's headers; a default steps back when the plan names the header, however it is spelled. User-Agent cannot be set. */
function withDefaults(
  headers: Readonly<Record<string, readonly string[]>>,
  defaults: Readonly<Record<string, string>>,
): ProbeHeaders {
  const merged: ProbeHeaders = { ...defaults };
  for (const [name, values] of Object.entries(headers)) {
    const [only, ...more] = values;
    if (only === undefined || name.toLowerCase() === "user-agent") continue;
    merged[name.toLowerCase()] = more.length === 0 ? only : [...values];
  }
  return merged;
}
