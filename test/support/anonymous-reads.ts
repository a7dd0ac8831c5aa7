import { request } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { STATE_PREFIX } from "../../contract/state-keys";
import type { RunningStore } from "../../drill/local-cloud/running-store";
import { runningStoreWriter } from "./store-writer";

export interface AnonymousReadTraits {
  /** How a key that is missing answers to those who may not list. @default 403 */
  readonly missingKeyStatus?: 403 | 404;
  /** Whether the store checks permissions at all. @default true */
  readonly checksPermissions?: boolean;
}

export interface PlainAnswer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** One request without a signature. */
export function plainRequest(port: number, method: string, host: string, path: string): Promise<PlainAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: "127.0.0.1", port, method, path, headers: { host }, agent: false },
      (answer) => {
        text(answer).then(
          (body) => resolve({ status: answer.statusCode, headers: answer.headers, body }),
          reject,
        );
      },
    );
    outgoing.once("error", reject);
    outgoing.end();
  });
}

/** What readers without a signature, such as the edge, may and may not do with a running store. */
export function describeAnonymousReads(
  name: string,
  running: () => { readonly store: RunningStore; readonly originHost: string },
  traits: AnonymousReadTraits = {},
): void {
  describe(`${name}, without a signature`, () => {
    const send = (method: string, path: string) => {
      const { store, originHost } = running();
      return plainRequest(store.port, method, originHost, path);
    };
    let closeWriter = () => {};
    beforeAll(async () => {
      const writer = runningStoreWriter(running().store);
      closeWriter = () => writer.close();
      for (const key of ["public/a b+c.txt", `${STATE_PREFIX}epoch.json`])
        await writer.write(key, `body of ${key}`);
    });
    afterAll(() => closeWriter());

    it("serves an object at its own path, under the origin's host name", async () => {
      const answer = await send("GET", "/public/a%20b%2Bc.txt");
      expect(answer).toMatchObject({ status: 200, body: "body of public/a b+c.txt" });
      expect(await send("HEAD", "/public/a%20b%2Bc.txt")).toMatchObject({
        status: 200,
        body: "",
        headers: { etag: answer.headers.etag, "content-length": "24" },
      });
    });

    it("does not tell which keys there are", async () => {
      const { missingKeyStatus = 403, checksPermissions = true } = traits;
      const expected = checksPermissions ? missingKeyStatus : 404;
      expect((await send("GET", "/public/missing.txt")).status).toBe(expected);
      expect((await send("HEAD", "/public/missing.txt")).status).toBe(expected);
    });

    if (traits.checksPermissions === false) return;

    it.each([
      ["list", "GET", "/"],
      ["list with a query", "GET", "/?list-type=2"],
      ["list versions", "GET", "/?versions"],
      ["read replication's state", "GET", `/${STATE_PREFIX}epoch.json`],
      ["probe for replication's state", "HEAD", `/${STATE_PREFIX}epoch.json`],
      ["read tags", "GET", "/public/a%20b%2Bc.txt?tagging"],
      ["write", "PUT", "/public/new.txt"],
      ["delete", "DELETE", "/public/a%20b%2Bc.txt"],
    ])("may not %s", async (_, method, path) => {
      const { status, body } = await send(method, path);
      expect(status).toBe(403);
      expect(body).not.toContain('epoch.json"');
    });
  });
}
