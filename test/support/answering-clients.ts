import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Readable } from "node:stream";
import { afterEach, expect } from "@jest/globals";
import type { S3ClientName } from "../../contract/environment";
import type { ObjectClient } from "../../lambda/s3/object-client";
import type { ObjectClientOptions } from "../../lambda/s3/object-client-options";
import { openObjectClient } from "../../lambda/s3/open-object-client";
import { staticCredentials } from "../../lambda/s3/static-credentials";
import type { StoreError } from "../../lambda/s3/store-error";

/** For servers that hang; all others get the default, so that a busy machine fails no test. */
export const SOON = { requestTimeoutSeconds: 0.3 };

export const SECRET = "the-secret-half-of-the-pair";
export const CREDENTIALS = { accessKeyId: "the-public-half", secretAccessKey: SECRET };

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Clients of one implementation, and servers that answer as a test wants; all are closed after each test. */
export function answeringClients(implementation: S3ClientName) {
  const opened: { close(): void }[] = [];
  afterEach(() => {
    for (const one of opened.splice(0)) one.close();
  });

  function clientAt(port: number, options: Partial<ObjectClientOptions> = {}): ObjectClient {
    const client = openObjectClient(implementation, {
      endpoint: `http://127.0.0.1:${port}`,
      region: "eu-central-1",
      bucket: "bucket",
      addressStyle: "path",
      credentials: staticCredentials(CREDENTIALS),
      ...options,
    });
    opened.push(client);
    return client;
  }

  /** A client whose server answers every request in this way. */
  async function clientOf(answer: Answer, options: Partial<ObjectClientOptions> = {}): Promise<ObjectClient> {
    const server = createServer(answer);
    await listen(server);
    opened.push({
      close: () => {
        server.closeAllConnections();
        server.close();
      },
    });
    return clientAt((server.address() as AddressInfo).port, options);
  }

  return { clientAt, clientOf };
}

export function listen(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
}

export async function failureOf(request: Promise<unknown>): Promise<StoreError> {
  const failure = await request.then(
    (value) => ({ name: "no failure", value }),
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({ name: "StoreError", bucket: "bucket" });
  return failure as StoreError;
}

export function refusing(status: number, body: string, headers: Record<string, string> = {}): Answer {
  return (request, response) => {
    request.resume();
    response.writeHead(status, { "content-type": "application/xml", "x-amz-request-id": "R1", ...headers });
    response.end(body);
  };
}

export function xmlError(code: string): string {
  return `<?xml version="1.0"?><Error><Code>${code}</Code><Message>as said</Message></Error>`;
}

export function putText(client: ObjectClient, text: string) {
  const body = Buffer.from(text);
  return client.put("key", {
    body,
    size: body.length,
    contentMd5: createHash("md5").update(body).digest("base64"),
    headers: { metadata: {} },
    condition: { absent: true },
  });
}

export function putStream(client: ObjectClient, body: Readable, size: number) {
  const headers = { metadata: {} };
  return client.put("key", { body, size, contentMd5: "AAAA", headers, condition: { absent: true } });
}
