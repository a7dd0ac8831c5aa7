import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { STATE_PREFIX } from "../../../contract/state-keys";
import { listen } from "../../../drill/machine/loopback-server";

/**
 * As little of S3 as one run of the replicator asks for, in memory: a bucket `source-<n>…` lists n objects of
 * 10 KB; any other takes what is put into it, forgets all but state, and lists nothing.
 */
const BODY = Buffer.alloc(10_000, "storage failover ");
const BODY_ETAG = etagOf(BODY);
const MODIFIED = "2026-01-01T00:00:00.000Z";
const PAGE = 1000;

const state = new Map<string, Buffer>();

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "", "http://server");
  const [, bucket = "", ...words] = pathname.split("/").map(decodeURIComponent);
  const key = words.join("/");
  const address = `${bucket}/${key}`;
  if (key === "" && searchParams.has("versioning")) {
    document(response, "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>");
  } else if (key === "") {
    document(response, listing(bucket, searchParams.get("start-after") ?? ""));
  } else if (request.method === "PUT") {
    const body = await buffer(request);
    if (key.startsWith(STATE_PREFIX)) state.set(address, body);
    response.writeHead(200, { etag: `"${etagOf(body)}"`, "x-amz-version-id": "put" }).end();
  } else if (key.startsWith(STATE_PREFIX)) {
    const body = state.get(address);
    if (body === undefined) missing(response);
    else object(response, request, body, etagOf(body));
  } else if (bucket.startsWith("source-")) {
    object(response, request, BODY, BODY_ETAG);
  } else {
    missing(response);
  }
}

function listing(bucket: string, after: string): string {
  const count = Number(/^source-(\d+)/.exec(bucket)?.[1] ?? 0);
  const first = after === "" ? 0 : Number(after.slice(-6)) + 1;
  const upto = Math.min(count, first + PAGE);
  let entries = "";
  for (let index = first; index < upto; index += 1) {
    const key = `object-${String(index).padStart(6, "0")}`;
    entries += `<Contents><Key>${key}</Key><LastModified>${MODIFIED}</LastModified><ETag>&quot;${BODY_ETAG}&quot;</ETag><Size>${BODY.length}</Size></Contents>`;
  }
  return `<ListBucketResult><Name>${bucket}</Name><IsTruncated>${upto < count}</IsTruncated>${entries}</ListBucketResult>`;
}

function object(response: ServerResponse, request: IncomingMessage, body: Buffer, etag: string): void {
  response.writeHead(200, {
    etag: `"${etag}"`,
    "content-length": body.length,
    "content-type": "text/plain",
    "last-modified": new Date(MODIFIED).toUTCString(),
    "x-amz-version-id": "only",
    // All state carries a tag, as a store's identity does: so this one is known to count them, and nobody asks for others.
    ...(body === BODY ? {} : { "x-amz-tagging-count": "1" }),
  });
  response.end(request.method === "HEAD" ? undefined : body);
}

function document(response: ServerResponse, content: string): void {
  response.writeHead(200, { "content-type": "application/xml" }).end(`<?xml version="1.0"?>\n${content}`);
}

function missing(response: ServerResponse): void {
  response.writeHead(404, { "content-type": "application/xml" }).end("<Error><Code>NoSuchKey</Code></Error>");
}

function etagOf(body: Buffer): string {
  return createHash("md5").update(body).digest("hex");
}

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
void listen(server).then((port) => process.send?.(`http://127.0.0.1:${port}`));
process.on("disconnect", () => process.exit());
