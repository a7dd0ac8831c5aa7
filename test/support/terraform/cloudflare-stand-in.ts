import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import { close, listen } from "../../../drill/machine/loopback-server";

type Item = Record<string, unknown>;

export interface RunningCloudflareStandIn {
  /** Base URL of the API, as for the provider's `base_url`. */
  readonly baseUrl: string;
  /** Requests that changed something, in order, as in `PUT /accounts/0/load_balancers/pools/1`. */
  readonly changes: readonly string[];
  stop(): Promise<void>;
}

/**
 * The part of Cloudflare's API that the edge stack uses: it keeps what it is given and answers as the API does, with
 * what the API adds by itself. Origins come back sorted by name, and a record's content as it was sent.
 */
export async function startCloudflareStandIn(): Promise<RunningCloudflareStandIn> {
  const items = new Map<string, Item>();
  const changes: string[] = [];
  const server = createServer((request, response) => {
    answer(request, items, changes).then(
      ([status, result]) => {
        const errors = status < 400 ? [] : [{ code: 1000, message: "not found" }];
        response.writeHead(status, { "content-type": "application/json" });
        response.end(JSON.stringify({ success: status < 400, errors, messages: [], result }));
      },
      (error: unknown) => {
        response.writeHead(500);
        response.end(String(error));
      },
    );
  });
  const port = await listen(server);
  return { baseUrl: `http://127.0.0.1:${port}/`, changes, stop: () => close(server) };
}

async function answer(
  request: IncomingMessage,
  items: Map<string, Item>,
  changes: string[],
): Promise<readonly [number, Item | null]> {
  const { method = "GET" } = request;
  const path = (request.url ?? "/").split("?")[0]?.replace(/\/$/, "") ?? "";
  const body = await bodyOf(request);
  if (method === "GET") return found(items.get(path));
  changes.push(`${method} ${path}`);
  if (method === "POST") {
    const id = randomUUID().replaceAll("-", "");
    const created = withServerFields(path, { ...body, id });
    items.set(`${path}/${id}`, created);
    return [200, created];
  }
  const item = items.get(path);
  if (item === undefined) return [404, null];
  if (method === "DELETE") {
    items.delete(path);
    return [200, { id: item.id }];
  }
  const changed = withServerFields(
    path,
    method === "PATCH" ? { ...item, ...body } : { ...body, id: item.id },
  );
  items.set(path, changed);
  return [200, changed];
}

const found = (item: Item | undefined): readonly [number, Item | null] =>
  item === undefined ? [404, null] : [200, item];

const WHEN = "2026-01-01T00:00:00Z";

/** What the API adds, by the kind of thing. */
function withServerFields(path: string, item: Item): Item {
  const kept = { created_on: WHEN, modified_on: WHEN, ...item };
  if (path.includes("/rulesets")) {
    const rules = listOf(item.rules).map((rule) => ({
      // A rule is the same one for as long as its ref is.
      id: createHash("md5").update(String(rule.ref)).digest("hex"),
      version: "1",
      last_updated: WHEN,
      ...rule,
    }));
    return { ...item, rules, last_updated: WHEN, version: "1" };
  }
  if (path.includes("/pools")) {
    const origins = listOf(item.origins).toSorted((one, other) =>
      String(one.name).localeCompare(String(other.name)),
    );
    return { ...kept, origins, networks: ["cloudflare"] };
  }
  if (path.includes("/policies")) return { ...item, created: WHEN, modified: WHEN };
  if (path.includes("/dns_records")) return { ...kept, proxiable: false, settings: {}, tags: [], meta: {} };
  return kept;
}

function listOf(value: unknown): Item[] {
  return Array.isArray(value) ? value : [];
}

async function bodyOf(request: IncomingMessage): Promise<Item> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text === "" ? {} : JSON.parse(text);
}
