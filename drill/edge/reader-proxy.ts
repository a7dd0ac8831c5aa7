import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { pipeline } from "node:stream";
import type { StoreName } from "../../contract/stores";
import type { EdgeCore } from "./core/edge-core";
import type { EdgePlan, EdgePool } from "./edge-plan";
import { forwardedHeaders } from "./forwarded-headers";
import type { OriginTls } from "./origin-connection";
import { askOrigin, type OriginReply } from "./origin-request";
import type { PlanTime } from "./plan-time";
import { READER_REGION_HEADER } from "./region-header";
import { STORE_RESPONSE_HEADER } from "./store-header";

export interface ReaderProxyOptions {
  readonly core: EdgeCore;
  /** Plan seconds of a clock that never goes back. */
  readonly planSeconds: () => number;
  /** Undefined: the origin's address has no record. */
  readonly portOf: (pool: EdgePool) => number | undefined;
  /** Absent: origins are asked over plain HTTP. */
  readonly tls?: OriginTls;
  readonly time: PlanTime;
  readonly onRetry: (retry: {
    readonly from: StoreName;
    readonly to: StoreName;
    readonly code: number;
  }) => void;
}

/** What readers talk to: plain HTTP, streaming both ways, one retry on another pool at most. */
export function createReaderProxy(options: ReaderProxyOptions): Server {
  const server = createServer((incoming, outgoing) => {
    const reader = new AbortController();
    outgoing.on("close", () => {
      if (!outgoing.writableFinished) reader.abort();
    });
    serve(options, incoming, outgoing, reader.signal).catch(() => outgoing.destroy());
  });
  // Longer than readers keep idle connections, so that none is closed under a request.
  server.keepAliveTimeout = 75_000;
  return server;
}

async function serve(
  options: ReaderProxyOptions,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const { core } = options;
  const region = incoming.headers[READER_REGION_HEADER]?.toString();
  const route = core.route(options.planSeconds(), region);
  // Cloudflare: 530 with error 1016 when the fallback pool is disabled too.
  if (route.kind === "none") return refuse(outgoing, 530);

  const requestHasBody = hasBody(incoming);
  const ask = async (pool: EdgePool): Promise<OriginReply> => {
    const port = options.portOf(pool);
    // Cloudflare: 530 with error 1016 as well, and no code that is retried.
    if (port === undefined) return { answered: false, code: 530 };
    const host = pool.origin.hostHeader ?? core.plan.hostname;
    return askOrigin({
      port,
      certificate: options.tls && { ...options.tls, host, address: pool.origin.address },
      time: options.time,
      ...originRequest(core.plan, host, incoming),
      body: requestHasBody ? incoming : undefined,
      signal,
    });
  };

  let pool = route.pool;
  let reply = await ask(pool);
  if (!reply.answered) {
    const next = core.afterFailure({ pool, code: reply.code, requestHasBody, region });
    if (next !== undefined) {
      options.onRetry({ from: pool.origin.name, to: next.origin.name, code: reply.code });
      pool = next;
      reply = await ask(pool);
    }
  }
  if (!reply.answered) return refuse(outgoing, reply.code);
  passOn(reply.response, outgoing, pool, core.plan);
}

/** @param host without an override by the origin, the name that readers use */
function originRequest(plan: EdgePlan, host: string, incoming: IncomingMessage) {
  return {
    method: incoming.method ?? "GET",
    path: rewritten(incoming.url ?? "/", plan.rewrites),
    rawHeaders: forwardedHeaders(
      incoming.rawHeaders,
      {
        ...plan.requestHeaders,
        host,
        ...(incoming.headers["transfer-encoding"] === undefined ? {} : { "transfer-encoding": "chunked" }),
      },
      [READER_REGION_HEADER],
    ),
  };
}

/** Rewrites the path and keeps the query. */
function rewritten(url: string, rewrites: EdgePlan["rewrites"]): string {
  const query = url.indexOf("?");
  const path = query === -1 ? url : url.slice(0, query);
  const rewrite = rewrites.find(({ from }) => from === path);
  return rewrite === undefined ? url : rewrite.to + url.slice(path.length);
}

function hasBody(incoming: IncomingMessage): boolean {
  return (
    incoming.headers["transfer-encoding"] !== undefined || Number(incoming.headers["content-length"] ?? 0) > 0
  );
}

function passOn(response: IncomingMessage, outgoing: ServerResponse, pool: EdgePool, plan: EdgePlan): void {
  outgoing.sendDate = false;
  outgoing.writeHead(response.statusCode ?? 502, [
    ...forwardedHeaders(
      response.rawHeaders,
      { [STORE_RESPONSE_HEADER]: pool.origin.name },
      plan.removedResponseHeaders,
    ),
  ]);
  // Whichever side breaks off, the other is cut as well: a short answer must never look whole.
  pipeline(response, outgoing, () => undefined);
}

function refuse(outgoing: ServerResponse, code: number): void {
  const body = `error ${code}: no origin gave an answer\n`;
  outgoing.writeHead(code, { "content-type": "text/plain; charset=utf-8", "content-length": body.length });
  outgoing.end(body);
}
