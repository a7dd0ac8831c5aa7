import { createServer, type IncomingMessage } from "node:http";
import type { StoreCredentials } from "../../../contract/credentials";
import { checkSignature } from "../../../drill/local-cloud/embedded/signature";
import { close, listen } from "../../../drill/machine/loopback-server";

export interface PairStore {
  readonly url: string;
  /** When each pair was accepted, by access key id, newest last. */
  readonly accepted: readonly string[];
  stop(): Promise<void>;
}

/** A store with an empty bucket that lists it for whoever signs with a pair that the droplet knows at that moment. */
export async function startPairStore(pairs: () => Promise<readonly StoreCredentials[]>): Promise<PairStore> {
  const accepted: string[] = [];
  const server = createServer((request, response) => {
    signer(request, pairs)
      .then((id) => {
        if (id !== undefined) accepted.push(id);
        response.writeHead(id === undefined ? 403 : 200, { "content-type": "application/xml" });
        response.end(id === undefined ? REFUSAL : LISTING);
      })
      .catch(() => response.destroy());
  });
  const port = await listen(server);
  return { url: `http://127.0.0.1:${port}`, accepted, stop: () => close(server) };
}

async function signer(
  request: IncomingMessage,
  pairs: () => Promise<readonly StoreCredentials[]>,
): Promise<string | undefined> {
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  const signed = {
    method: request.method ?? "GET",
    path: decodeURIComponent(url.pathname),
    query: [...url.searchParams],
    headers: request.headers,
  };
  for (const pair of await pairs()) {
    try {
      checkSignature(signed, pair, "us-east-1", Date.now());
      return pair.accessKeyId;
    } catch {
      // Another pair, then.
    }
  }
  return undefined;
}

const REFUSAL = `<?xml version="1.0"?><Error><Code>InvalidAccessKeyId</Code><Message>unknown</Message></Error>`;
const LISTING = `<?xml version="1.0"?><ListBucketResult><Name>assets</Name><KeyCount>0</KeyCount><MaxKeys>1</MaxKeys><IsTruncated>false</IsTruncated></ListBucketResult>`;
