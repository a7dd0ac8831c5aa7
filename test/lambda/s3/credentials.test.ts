import { Readable } from "node:stream";
import { inspect } from "node:util";
import { describe, expect, it } from "@jest/globals";
import { S3_CLIENT_NAMES } from "../../../contract/environment";
import { CredentialsError } from "../../../lambda/s3/credentials-error";
import type { CredentialsSource } from "../../../lambda/s3/credentials-source";
import { environmentCredentials } from "../../../lambda/s3/environment-credentials";
import { secretCredentials } from "../../../lambda/s3/secret-credentials";
import { staticCredentials } from "../../../lambda/s3/static-credentials";
import {
  type Answer,
  answeringClients,
  failureOf,
  putStream,
  putText,
  refusing,
  SOON,
  xmlError,
} from "../../support/answering-clients";

const CANARY = "canary-that-must-never-be-seen";

function pair(name: string) {
  return { accessKeyId: `id-${name}`, secretAccessKey: `${CANARY}-${name}` };
}

/** A secret whose text tests change, and which counts its readings. */
function secret(text: string | undefined | Error) {
  const state = { text, readings: 0, now: 0 };
  const source = secretCredentials("storage-failover/secondary", {
    readSecret: async () => {
      state.readings += 1;
      await new Promise((resolve) => setImmediate(resolve));
      if (state.text instanceof Error) throw state.text;
      return state.text;
    },
    now: () => state.now,
  });
  return { state, source };
}

describe("credentials from a secret", () => {
  const MINUTE = 60_000;

  it("are read once for five minutes, however many ask at once", async () => {
    const { state, source } = secret(JSON.stringify(pair("a")));
    const all = await Promise.all(Array.from({ length: 50 }, () => source.current()));
    expect(new Set(all.map(({ accessKeyId }) => accessKeyId))).toEqual(new Set(["id-a"]));
    state.now = 5 * MINUTE - 1;
    await source.current();
    expect(state.readings).toBe(1);
    state.text = JSON.stringify(pair("b"));
    state.now = 5 * MINUTE;
    expect(await source.current()).toEqual(pair("b"));
    expect(state.readings).toBe(2);
  });

  it("are read again exactly once when 200 requests are refused with a pair that was replaced", async () => {
    const { state, source } = secret(JSON.stringify(pair("a")));
    const stale = await source.current();
    state.text = JSON.stringify(pair("b"));
    const others = await Promise.all(Array.from({ length: 200 }, () => source.afterRefusal(stale)));
    for (const other of others) expect(other).toEqual(pair("b"));
    expect(await source.afterRefusal(stale)).toEqual(pair("b"));
    expect(state.readings).toBe(2);
    expect(await source.current()).toEqual(pair("b"));
  });

  it("are read again once only when the pair is the one that is refused: the store just says no", async () => {
    const { state, source } = secret(JSON.stringify(pair("a")));
    const good = await source.current();
    for (let index = 0; index < 3; index += 1) {
      const others = await Promise.all(Array.from({ length: 200 }, () => source.afterRefusal(good)));
      expect(others.every((other) => other === undefined)).toBe(true);
    }
    expect(state.readings).toBe(2);
  });

  it("are used on while the secret cannot be read, and asked for again soon", async () => {
    const { state, source } = secret(JSON.stringify(pair("a")));
    await source.current();
    state.text = new Error("the service is down");
    state.now = 6 * MINUTE;
    expect(await source.current()).toEqual(pair("a"));
    expect(await source.current()).toEqual(pair("a"));
    expect(state.readings).toBe(2);
    state.text = JSON.stringify(pair("b"));
    state.now += MINUTE / 2;
    expect(await source.current()).toEqual(pair("b"));
  });

  it.each([
    ["nothing", undefined],
    ["no JSON", `${CANARY}`],
    ["JSON that is no pair", JSON.stringify([CANARY])],
    ["null", "null"],
    ["half a pair", JSON.stringify({ secretAccessKey: CANARY })],
    ["an empty half", JSON.stringify({ accessKeyId: "", secretAccessKey: CANARY })],
  ])("are refused when the secret holds %s, without a word of it", async (_, text) => {
    const failure = await secret(text)
      .source.current()
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CredentialsError);
    expect(failure).toMatchObject({ message: expect.stringContaining('"storage-failover/secondary"') });
    expect(inspect(failure, { depth: 10 })).not.toContain(CANARY);
  });

  it("say why they cannot be had", async () => {
    const { source } = secret(
      Object.assign(new Error("no such secret"), { name: "ResourceNotFoundException" }),
    );
    await expect(source.current()).rejects.toThrow(
      'secret "storage-failover/secondary" cannot be read: ResourceNotFoundException: no such secret',
    );
  });

  it("are never printed with their source", async () => {
    const { source } = secret(JSON.stringify(pair("a")));
    await source.afterRefusal(await source.current());
    for (const one of [source, staticCredentials(pair("b"))]) {
      expect(inspect(one, { depth: 10, showHidden: true })).not.toContain(CANARY);
    }
  });
});

describe("credentials from the environment", () => {
  it("are a role's, with its token, or a plain pair", async () => {
    const variables = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "s" };
    expect(await environmentCredentials(variables).current()).toEqual({
      accessKeyId: "id",
      secretAccessKey: "s",
      sessionToken: undefined,
    });
    const role = environmentCredentials({ ...variables, AWS_SESSION_TOKEN: "t" });
    expect(await role.current()).toMatchObject({ sessionToken: "t" });
    await expect(environmentCredentials({ AWS_ACCESS_KEY_ID: "id" }).current()).rejects.toBeInstanceOf(
      CredentialsError,
    );
  });

  it("are looked at again after a refusal", async () => {
    const variables = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "s", AWS_SESSION_TOKEN: "old" };
    const source = environmentCredentials(variables);
    const old = await source.current();
    expect(await source.afterRefusal(old)).toBeUndefined();
    variables.AWS_SESSION_TOKEN = "new";
    expect(await source.afterRefusal(old)).toMatchObject({ sessionToken: "new" });
    expect(await source.current()).toMatchObject({ sessionToken: "new" });
  });
});

describe.each(S3_CLIENT_NAMES)("the %s client whose pair was replaced", (implementation) => {
  const { clientOf } = answeringClients(implementation);

  /** Knows one pair only, and counts what it is asked. */
  function knowing(accessKeyId: string, answer: Answer) {
    const asked: string[] = [];
    const server: Answer = (request, response) => {
      const [, id = ""] = /Credential=([^/]+)/.exec(request.headers.authorization ?? "") ?? [];
      asked.push(id);
      const good = id === accessKeyId;
      (good ? answer : refusing(403, xmlError("InvalidAccessKeyId")))(request, response);
    };
    return { asked, server };
  }

  /** Has the old pair, and after a refusal another one. */
  function rotating(next: ReturnType<typeof pair> | undefined): CredentialsSource {
    return { current: async () => pair("old"), afterRefusal: async () => next };
  }

  const stored: Answer = (request, response) => {
    request.resume().once("end", () => response.writeHead(200, { etag: '"e"' }).end());
  };

  it("tries once more with the new one", async () => {
    const { asked, server } = knowing("id-new", stored);
    const client = await clientOf(server, { credentials: rotating(pair("new")) });
    expect(await putText(client, "x")).toMatchObject({ etag: "e" });
    expect(asked).toEqual(["id-old", "id-new"]);
  });

  it("fails when the new one is refused too, or there is none", async () => {
    const { asked, server } = knowing("id-third", stored);
    const twice = await clientOf(server, { credentials: rotating(pair("new")) });
    expect(await failureOf(twice.head("key"))).toMatchObject({ kind: "access-denied" });
    const once = await clientOf(server, { credentials: rotating(undefined) });
    expect(await failureOf(once.list())).toMatchObject({ kind: "access-denied", code: "InvalidAccessKeyId" });
    expect(asked).toEqual(["id-old", "id-new", "id-old"]);
  });

  it("cannot send a stream twice, and says that it may be tried again", async () => {
    const { asked, server } = knowing("id-new", stored);
    const client = await clientOf(server, { credentials: rotating(pair("new")) });
    const body = Readable.from([Buffer.from("x")]);
    expect(await failureOf(putStream(client, body, 1))).toMatchObject({
      kind: "unreachable",
      retryable: true,
    });
    expect(body.destroyed).toBe(true);
    expect(asked).toEqual(["id-old"]);
  });

  it("does not ask for another pair because of its clock", async () => {
    let refusals = 0;
    const credentials: CredentialsSource = {
      current: async () => pair("old"),
      afterRefusal: async () => {
        refusals += 1;
        return pair("new");
      },
    };
    const client = await clientOf(refusing(403, xmlError("RequestTimeTooSkewed")), { credentials });
    expect(await failureOf(client.list())).toMatchObject({ kind: "clock-skew" });
    expect(refusals).toBe(0);
  });

  const echoing: Answer = (request, response) => {
    const said = JSON.stringify({ ...request.headers, secret: CANARY });
    refusing(403, `<Error><Code>SignatureDoesNotMatch</Code><Message>${said}</Message></Error>`)(
      request,
      response,
    );
  };

  it.each<[string, Answer]>([
    ["is refused by a server that repeats all it was sent", echoing],
    ["is cut", (request) => request.socket.destroy()],
    ["times out", (request) => void request.resume()],
    ["is answered with something else", refusing(200, "<html></html>")],
  ])("shows nothing of the pair when a request %s", async (_, server) => {
    const credentials = staticCredentials({
      accessKeyId: "id",
      secretAccessKey: CANARY,
      sessionToken: `token-${CANARY}`,
    });
    const client = await clientOf(server, { credentials, ...SOON });
    const requests = [
      () => client.list(),
      () => client.versions("key"),
      () => putText(client, "x"),
      () => client.get("key"),
    ];
    for (const request of requests) {
      const failure = await failureOf(request());
      expect(inspect(failure, { depth: 10 })).not.toContain(CANARY);
    }
    expect(inspect(client, { depth: 8 })).not.toContain(CANARY);
  });
});
