import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import { close, listen } from "../../../drill/machine/loopback-server";

/** `refuse`: with words that repeat the request. `swallow`: it is done, and its answer never arrives. */
export type WriteAnswer = "pass" | "refuse" | "swallow";

export interface VaultGate {
  readonly url: string;
  /** From now on. */
  answerWrites(how: WriteAnswer): void;
  stop(): Promise<void>;
}

/** Stands in front of a Secrets Manager, and may come between it and those who write. */
export async function startVaultGate(behind: string): Promise<VaultGate> {
  let answer: WriteAnswer = "pass";
  const server = createServer((request, response) => {
    const forward = async () => {
      const body = await buffer(request);
      const target = String(request.headers["x-amz-target"]);
      const isWrite = /PutSecretValue|CreateSecret/.test(target);
      // A refusal as AWS gives it: a secret that is missing is told before the permission to write it is asked for.
      if (isWrite && answer === "refuse" && !target.endsWith("PutSecretValue")) {
        const words = { __type: "AccessDeniedException", Message: `not authorized: ${body.toString()}` };
        response.writeHead(400, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(words));
        return;
      }
      const { host: _host, connection: _connection, ...headers } = request.headers;
      const answered = await fetch(behind, {
        method: "POST",
        headers: headers as Record<string, string>,
        body: new Uint8Array(body),
      });
      const text = await answered.text();
      if (isWrite && answer === "swallow") {
        response.destroy();
        return;
      }
      response.writeHead(answered.status, { "content-type": "application/x-amz-json-1.1" }).end(text);
    };
    forward().catch(() => response.destroy());
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    answerWrites: (how) => {
      answer = how;
    },
    stop: () => close(server),
  };
}
