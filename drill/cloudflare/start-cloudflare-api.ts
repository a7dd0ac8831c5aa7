import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { close, listen } from "../machine/loopback-server";
import { CloudflareAccount } from "./account";
import { admission, type TokenOfApi, verification } from "./admission";
import { type ApiAnswer, type ApiFault, type ApiRequest, type Item, isItem, refused } from "./api-request";
import { DeployedPlan } from "./deployed-plan";
import { healthAnswer, healthOf, type PoolHealth, poolName } from "./pool-health";

export interface CloudflareApiOptions extends TokenOfApi {
  /**
   * The parsed `cdk.tf.json` of an edge stack, which is deployed there from the beginning.
   *
   * @default - nothing is there
   */
  readonly edgeStack?: unknown;
  /**
   * Told of each change before it is answered, with the edge stack as it is deployed now: for `readEdgePlan`. Only with
   * an `edgeStack`.
   */
  readonly onChange?: (stack: unknown, request: ApiRequest) => void | Promise<void>;
  /**
   * What the monitors say of the pool with this name.
   *
   * @default - every pool is healthy
   */
  readonly poolHealth?: (pool: string) => PoolHealth | Promise<PoolHealth>;
  /** Told of every request as it comes, the refused ones too. */
  readonly onRequest?: (request: ApiRequest) => void;
}

export interface RunningCloudflareApi {
  /** As for `CLOUDFLARE_BASE_URL`, of the npm client and of the Terraform provider. */
  readonly baseUrl: string;
  /** All requests, in order. */
  readonly requests: readonly ApiRequest[];
  /** Those that asked for a change, in order, as in `PUT /accounts/0/load_balancers/pools/1`. */
  readonly changes: readonly string[];
  /** The edge stack as it is deployed now; undefined without one. */
  stack(): unknown;
  /** The thing at a path, as in `/zones/0/load_balancers/1`. */
  item(path: string): Item | undefined;
  /** From now on each request goes wrong as this says; undefined for none. */
  setFault(fault: ((request: ApiRequest) => ApiFault | undefined) | undefined): void;
  /** Safe to call twice. */
  stop(): Promise<void>;
}

/** Cloudflare's own API begins its paths with this. */
const BASE = "/client/v4";

/**
 * The part of Cloudflare's API that an edge is deployed and flipped by, on 127.0.0.1: it keeps what it is given, and
 * answers and refuses as the API does. Enough for the npm package `cloudflare` and for the Terraform provider.
 */
export async function startCloudflareApi(options: CloudflareApiOptions): Promise<RunningCloudflareApi> {
  const account = new CloudflareAccount(() => new Date().toISOString());
  const deployed = options.edgeStack === undefined ? undefined : new DeployedPlan(options.edgeStack, account);
  const requests: ApiRequest[] = [];
  let fault: ((request: ApiRequest) => ApiFault | undefined) | undefined;

  const decide = async (request: ApiRequest, authorization: string | undefined): Promise<ApiAnswer> => {
    const refusal = admission(request, authorization, options) ?? verification(request);
    if (refusal !== undefined) return refusal;
    const pool = account.get(healthOf(request.path) ?? "");
    if (pool !== undefined) {
      return healthAnswer(pool, (await options.poolHealth?.(poolName(pool))) ?? "healthy");
    }
    const answer = account.answer(request);
    if (isChange(request) && answer.error === undefined && deployed !== undefined) {
      await options.onChange?.(deployed.asStack(), request);
    }
    return answer;
  };

  const server = createServer((incoming, response) => {
    const serve = async () => {
      const request = await readRequest(incoming, requests.length + 1);
      requests.push(request);
      options.onRequest?.(request);
      const wrong = fault?.(request);
      if (wrong?.kind === "silent") return;
      if (wrong?.kind === "cut" && wrong.when === "before") return void incoming.socket.destroy();
      if (wrong?.kind === "status") return send(response, failed(wrong), wrong.retryAfterSeconds);
      const answer = await decide(request, incoming.headers.authorization);
      if (wrong?.kind === "cut") return void incoming.socket.destroy();
      send(response, answer);
    };
    serve().catch((error: unknown) => send(response, refused(500, 10000, String(error))));
  });
  const port = await listen(server);
  return {
    baseUrl: `http://127.0.0.1:${port}${BASE}/`,
    requests,
    get changes() {
      return requests.filter(isChange).map(({ method, path }) => `${method} ${path}`);
    },
    stack: () => deployed?.asStack(),
    item: (path) => account.get(path),
    setFault: (next) => {
      fault = next;
    },
    stop: () => close(server),
  };
}

const isChange = ({ method }: ApiRequest) => method !== "GET";

function failed({ status }: Extract<ApiFault, { kind: "status" }>): ApiAnswer {
  return status === 429
    ? refused(429, 971, "Please wait and consider throttling your request speed")
    : refused(status, 10000, "internal error");
}

function send(response: ServerResponse, answer: ApiAnswer, retryAfterSeconds?: number): void {
  const { status, result, resultInfo, error } = answer;
  const retry = retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) };
  response.writeHead(status, { "content-type": "application/json", ...retry });
  const errors = error === undefined ? [] : [error];
  const envelope = { success: error === undefined, errors, messages: [], result, result_info: resultInfo };
  response.end(JSON.stringify(envelope));
}

async function readRequest(incoming: IncomingMessage, number: number): Promise<ApiRequest> {
  const url = new URL(incoming.url ?? "/", "http://127.0.0.1");
  const path = url.pathname.startsWith(BASE) ? url.pathname.slice(BASE.length) : url.pathname;
  let text = "";
  for await (const chunk of incoming) text += chunk;
  const body: unknown = text === "" ? {} : JSON.parse(text);
  return {
    number,
    method: incoming.method ?? "GET",
    path: path.replace(/\/$/, ""),
    query: url.searchParams,
    body: isItem(body) ? body : {},
  };
}
