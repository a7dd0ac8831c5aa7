import type { IncomingHttpHeaders } from "node:http";
import { isReservedKey } from "../../../contract/state-keys";
import type { StoreName } from "../../../contract/stores";

/** What a request asks of a store, as a kill is aimed at it. */
export type Operation =
  | "list keys"
  | "list versions"
  | "read"
  | "put"
  | "put state"
  | "begin upload"
  | "send part"
  | "list parts"
  | "list uploads"
  | "complete upload"
  | "abort upload"
  | "place marker"
  | "remove version"
  | "other change";

/** One request of replication, as its first line and headers tell. */
export interface SeenRequest {
  readonly store: StoreName;
  readonly operation: Operation;
  /** Empty for requests about the bucket. */
  readonly key: string;
  readonly versionId?: string;
  readonly uploadId?: string;
  /** Whether the store is told what it must find for the write to happen. */
  readonly isConditional: boolean;
}

/** Operations after which a store is not as it was. */
const CHANGES: ReadonlySet<Operation> = new Set([
  "put",
  "put state",
  "begin upload",
  "send part",
  "complete upload",
  "abort upload",
  "place marker",
  "remove version",
  "other change",
] satisfies Operation[]);

export function isChange({ operation }: SeenRequest): boolean {
  return CHANGES.has(operation);
}

/** @param path - with the bucket in front of the key, and the query */
export function seenRequest(
  store: StoreName,
  method: string,
  path: string,
  headers: IncomingHttpHeaders,
): SeenRequest {
  const url = new URL(path, "http://store.invalid");
  const [, , ...segments] = path.split("?")[0]?.split("/") ?? [];
  const key = decodeURIComponent(segments.join("/"));
  const query = url.searchParams;
  return {
    store,
    operation: operationOf(method, key, query),
    key,
    versionId: query.get("versionId") ?? undefined,
    uploadId: query.get("uploadId") ?? undefined,
    isConditional: headers["if-match"] !== undefined || headers["if-none-match"] !== undefined,
  };
}

function operationOf(method: string, key: string, query: URLSearchParams): Operation {
  const isOfUpload = query.has("uploadId");
  switch (method) {
    case "HEAD":
      return "read";
    case "GET":
      if (isOfUpload) return "list parts";
      if (query.has("uploads")) return "list uploads";
      if (query.has("versions")) return "list versions";
      return query.has("list-type") ? "list keys" : "read";
    case "POST":
      if (query.has("uploads")) return "begin upload";
      return isOfUpload ? "complete upload" : "other change";
    case "PUT":
      if (isOfUpload) return "send part";
      if (query.has("tagging")) return "other change";
      return isReservedKey(key) ? "put state" : "put";
    case "DELETE":
      if (isOfUpload) return "abort upload";
      return query.has("versionId") ? "remove version" : "place marker";
    default:
      return "other change";
  }
}
