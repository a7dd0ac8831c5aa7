import { request } from "node:https";
import { buffer } from "node:stream/consumers";
import { EDGE_ADDRESS, ORIGIN_HOST } from "./throw-away-root";

export interface OriginRequest {
  /** Sent as it is, with its query string. */
  readonly path: string;
  /** @default "GET" */
  readonly method?: string;
  /** Local address that the request comes from. @default - the edge's */
  readonly from?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
}

export interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  readonly body: string;
}

export function requestOrigin(port: number, authority: string, wanted: OriginRequest): Promise<Answer> {
  const { method = "GET", from = EDGE_ADDRESS, headers = {}, body } = wanted;
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: "127.0.0.1",
        port,
        localAddress: from,
        servername: ORIGIN_HOST,
        ca: authority,
        method,
        path: wanted.path,
        headers: { host: ORIGIN_HOST, ...headers },
        agent: false,
      },
      (answer) => {
        buffer(answer).then(
          (bytes) =>
            resolve({
              status: answer.statusCode,
              headers: answer.headers,
              bytes,
              body: bytes.toString("utf8"),
            }),
          reject,
        );
      },
    );
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}
