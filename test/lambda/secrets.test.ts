import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { unzipSync, zipSync } from "fflate";
import {
  LOG_LEVEL_VARIABLE,
  MARKER_VARIABLES,
  REQUEST_TIMEOUT_VARIABLE,
  S3_CLIENT_NAMES,
  S3_CLIENT_VARIABLE,
  storeVariables,
} from "../../contract/environment";
import { STORE_NAMES } from "../../contract/stores";
import type { Secret } from "../../drill/comparison/secret-spellings";
import { searchSecrets } from "../../drill/comparison/secrets-search";
import type { FunctionError } from "../../drill/lambda-process/function-error";
import { startLambdaProcess } from "../../drill/lambda-process/lambda-process";
import { startEmbeddedStore } from "../../drill/local-cloud/embedded-store";
import { startSecretsStandIn } from "../../drill/local-cloud/secrets-stand-in";
import { listen } from "../../drill/machine/loopback-server";
import { bundleCli } from "../../scripts/bundle-cli";
import { bundleReplicator } from "../../scripts/bundle-replicator";
import { runProgramFile } from "../support/command-line";
import { startMarkerResolvers } from "../support/marker-resolvers";
import { type Nastiness, type NastyStore, startNastyStore } from "../support/nasty-store";
import { clientFor } from "../support/opened-store";

const ROOT = path.resolve(__dirname, "../..");
const PATIENCE = 120_000;

/** With characters that every way of writing spells in another way. */
const canary = (name: string) => `${randomBytes(15).toString("base64")}/+=${name}&"<`;
/** A header has to be able to carry it. */
const TOKEN = `${randomBytes(60).toString("base64")}/+==`;
const PAIR = { accessKeyId: "canary-id", secretAccessKey: canary("primary") };
const OTHER = { accessKeyId: "canary-other", secretAccessKey: canary("secondary") };

const SECRETS: readonly Secret[] = [
  { name: "secret of the primary", value: PAIR.secretAccessKey },
  { name: "secret of the secondary", value: OTHER.secretAccessKey },
  { name: "session token", value: TOKEN },
];

const PASSWORD: Secret = { name: "password of an address", value: "canary-password-of-an-address" };

/** Beside the built file: calls all of its functions, and shows all that they return or throw, to its depths. */
const OBSERVER = `
const { inspect } = require("node:util");
const all = { depth: Infinity, maxArrayLength: null, maxStringLength: null, showHidden: true };
const built = require("./handler.js");
exports.handler = async (calls, context) => {
  const shown = [];
  for (const [name, event] of calls) {
    try {
      const result = await built[name](event, context);
      shown.push(name, JSON.stringify(result), inspect(result, all));
    } catch (error) {
      console.error(error);
      shown.push(name, String(error), error.stack, JSON.stringify(error), inspect(error, all));
    }
  }
  return shown.join("\\n");
};
`;

/** Every function in the ways in which it is called. */
function calls(bucket: string) {
  const changed = (type: string) =>
    JSON.stringify({ "detail-type": type, detail: { bucket: { name: bucket }, object: { key: "key" } } });
  const messages = ["Object Created", "Object Tags Added"].map((type, index) => ({
    messageId: String(index),
    body: changed(type),
  }));
  return [
    ["handler", {}],
    ["events", { Records: messages }],
    ["range", { task: "plan" }],
    ["range", { task: "range", plan: "none", range: 0 }],
    ["range", { task: "finish", plan: "none", results: [] }],
  ];
}

let folder: string;
let zipFile: string;
let program: string;
let resolvers: Awaited<ReturnType<typeof startMarkerResolvers>>;
const ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "secrets-test-"));
  [zipFile, program] = [path.join(folder, "observed.zip"), path.join(folder, "storage-failover.cjs")];
  const { zip } = await bundleReplicator(ROOT);
  await writeFile(zipFile, zipSync({ ...unzipSync(zip), "observer.js": Buffer.from(OBSERVER) }));
  await bundleCli(ROOT, program);
  resolvers = await startMarkerResolvers(() => ({ active: "primary", writesPaused: false }));
});

afterAll(async () => {
  await resolvers.stop();
  await rm(folder, { recursive: true });
});

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

/** Where the secrets are, among texts and files. */
async function found(
  texts: Readonly<Record<string, string>>,
  paths: readonly string[] = [],
  secrets = SECRETS,
) {
  return (await searchSecrets({ secrets, texts, paths, clock: () => 0 })).found;
}

interface Place {
  readonly primary: string;
  readonly secondary: string;
  readonly buckets?: { readonly primary: string; readonly secondary: string };
  /** Secrets Manager. */
  readonly secretsManager: string;
  readonly pair?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

interface Functions {
  /** Calls each of them, and tells all that they print, return and throw. */
  traces(): Promise<string>;
}

/** The primary's pair is the role's, the secondary's a kept secret. */
async function startFunctions(client: string, place: Place): Promise<Functions> {
  const printed: string[] = [];
  const { buckets = { primary: "bucket", secondary: "bucket" } } = place;
  const environment: Record<string, string> = {
    [MARKER_VARIABLES.name]: "marker.example.com",
    [MARKER_VARIABLES.resolvers]: resolvers.urls.join(","),
    [REQUEST_TIMEOUT_VARIABLE]: "5",
    [S3_CLIENT_VARIABLE]: client,
    [storeVariables("secondary").credentialsSecret]: "storage-failover/secondary",
    [LOG_LEVEL_VARIABLE]: "debug",
    AWS_ENDPOINT_URL_SECRETS_MANAGER: place.secretsManager,
    AWS_SESSION_TOKEN: TOKEN,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  };
  for (const store of STORE_NAMES) {
    const names = storeVariables(store);
    environment[names.endpoint] = place[store];
    environment[names.bucket] = buckets[store];
    environment[names.region] = "us-east-1";
    environment[names.addressStyle] = "path";
  }
  const process = await startLambdaProcess({
    zipFile,
    handler: "observer.handler",
    environment,
    role: place.pair ?? PAIR,
    timeoutSeconds: 60,
    onLog: (line) => printed.push(line),
  });
  ends.push(() => process.stop());
  return {
    traces: async () => {
      // Functions that cannot even be loaded say so in what is thrown here.
      const shown = await process
        .invoke(calls(buckets.primary))
        .catch((error: FunctionError) => [error.errorMessage, ...error.trace].join("\n"));
      return [...printed.splice(0), shown].join("\n");
    },
  };
}

/** All that the commands print. */
async function tracesOfCommands(
  from: string,
  to: string,
  pairs = { from: PAIR, to: OTHER },
): Promise<string> {
  const environment = {
    FROM_ACCESS_KEY_ID: pairs.from.accessKeyId,
    FROM_SECRET_ACCESS_KEY: pairs.from.secretAccessKey,
    FROM_SESSION_TOKEN: TOKEN,
    TO_ACCESS_KEY_ID: pairs.to.accessKeyId,
    TO_SECRET_ACCESS_KEY: pairs.to.secretAccessKey,
    TO_SESSION_TOKEN: TOKEN,
  };
  const commands = ["sync", "verify", "conflicts", "strays"];
  const ended = await Promise.all(
    commands.map((name) =>
      runProgramFile(program, [name, "--from", from, "--to", to, "--json", "--verbose"], environment),
    ),
  );
  return ended.map(({ out, error }, index) => `${commands[index]}\n${out}\n${error}`).join("\n");
}

async function nastyStore(): Promise<NastyStore> {
  const store = await startNastyStore({
    [PAIR.accessKeyId]: PAIR.secretAccessKey,
    [OTHER.accessKeyId]: OTHER.secretAccessKey,
  });
  ends.push(() => store.stop());
  return store;
}

async function secretsManager(pair: typeof OTHER): Promise<string> {
  const secrets = await startSecretsStandIn();
  ends.push(() => secrets.stop());
  await secrets.put("storage-failover/secondary", pair);
  return secrets.endpoint;
}

async function refusingAddress(): Promise<string> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

const NASTINESSES: readonly Nastiness[] = [200, 400, 403, 404, 412, 500, "signature", "malformed"];

describe("no trace of a key pair is left", () => {
  it("and if one were, the search would find it", async () => {
    const store = await nastyStore();
    const headers = { "x-amz-security-token": TOKEN };
    for (const how of NASTINESSES) {
      store.answerWith(how);
      const said = await (await fetch(store.url, { headers })).text();
      const forms = (await found({ said })).map((words) => words.replace("said holds the ", ""));
      expect([how, forms]).toEqual([how, expect.arrayContaining(["session token as it is"])]);
      if (typeof how !== "number") continue;
      for (const form of ["percent-encoded", "in base64", "in hexadecimal"]) {
        expect([how, forms]).toEqual([how, expect.arrayContaining([`session token ${form}`])]);
      }
    }
    expect(store.asked()).toBe(NASTINESSES.length);
  });

  describe.each(S3_CLIENT_NAMES)("by functions with the %s client", (client) => {
    it(
      "when stores answer with all that they were sent",
      async () => {
        const store = await nastyStore();
        const functions = await startFunctions(client, {
          primary: store.url,
          secondary: store.url,
          secretsManager: await secretsManager(OTHER),
        });
        for (const how of NASTINESSES) {
          store.answerWith(how);
          const before = store.asked();
          const traces = await functions.traces();
          expect(store.asked()).toBeGreaterThan(before);
          expect(traces).toContain('"event":"run"');
          expect([how, await found({ traces })]).toEqual([how, []]);
        }
      },
      PATIENCE,
    );

    it(
      "when Secrets Manager answers with all that it was sent, or stores refuse connections",
      async () => {
        const refusing = await refusingAddress();
        const manager = await nastyStore();
        const stores = { primary: refusing, secondary: refusing };
        const functions = await startFunctions(client, { ...stores, secretsManager: manager.url });
        for (const how of NASTINESSES) {
          manager.answerWith(how);
          const traces = await functions.traces();
          expect(traces).toContain('"event":"run"');
          expect([how, await found({ traces })]).toEqual([how, []]);
        }
        expect(manager.asked()).toBeGreaterThan(0);
      },
      PATIENCE,
    );

    it(
      "when addresses hold a password",
      async () => {
        const address = (await refusingAddress()).replace("//", `//user:${PASSWORD.value}@`);
        const functions = await startFunctions(client, {
          primary: address,
          secondary: address,
          secretsManager: await secretsManager(OTHER),
        });
        const traces = await functions.traces();
        expect(traces).not.toBe("");
        expect(await found({ traces }, [], [...SECRETS, PASSWORD])).toEqual([]);
      },
      PATIENCE,
    );
  });

  it(
    "by commands when stores answer with all that they were sent",
    async () => {
      const store = await nastyStore();
      for (const how of [403, "malformed"] as const) {
        store.answerWith(how);
        const before = store.asked();
        const traces = await tracesOfCommands(`${store.url}/bucket`, `${store.url}/other`);
        expect(store.asked()).toBeGreaterThan(before);
        expect([how, await found({ traces })]).toEqual([how, []]);
      }
    },
    PATIENCE,
  );

  it("by commands when an address holds a password, or nobody listens there", async () => {
    const refusing = await refusingAddress();
    const traces = [
      await tracesOfCommands(
        `${refusing.replace("//", `//user:${PASSWORD.value}@`)}/bucket`,
        `${refusing}/other`,
      ),
      await tracesOfCommands(`${refusing}/bucket`, `${refusing}/other`),
    ].join("\n");
    expect(traces).toContain("--from: an address holds no user, password or query");
    expect(traces).toContain("ECONNREFUSED");
    expect(await found({ traces }, [], [...SECRETS, PASSWORD])).toEqual([]);
  });

  it(
    "where everything is well: neither in what is said nor in what the stores keep",
    async () => {
      const start = async (storeName: "primary" | "secondary") => {
        const store = await startEmbeddedStore({
          storeName,
          bucketName: `assets-${storeName}`,
          region: "us-east-1",
          originHost: `assets-${storeName}.example.com`,
          folder: path.join(folder, storeName),
        });
        ends.push(() => store.stop());
        return store;
      };
      const [primary, secondary] = [await start("primary"), await start("secondary")];
      const source = clientFor(primary);
      const headers = { contentType: "text/plain", metadata: { some: "thing" } };
      for (const key of ["key", "other"]) {
        const contentMd5 = createHash("md5").update(key).digest("base64");
        const body = { body: Buffer.from(key), size: key.length, contentMd5 };
        await source.put(key, { ...body, headers, condition: { absent: true } });
      }
      source.close();
      const urlOf = ({ port }: { readonly port: number }) => `http://127.0.0.1:${port}`;
      const secrets: readonly Secret[] = [
        { name: "secret of the primary", value: primary.secretAccessKey },
        { name: "secret of the secondary", value: secondary.secretAccessKey },
        { name: "session token", value: TOKEN },
      ];
      const functions = await startFunctions("thin", {
        primary: urlOf(primary),
        secondary: urlOf(secondary),
        buckets: { primary: primary.bucketName, secondary: secondary.bucketName },
        secretsManager: await secretsManager(secondary),
        pair: primary,
      });
      const texts = {
        functions: await functions.traces(),
        commands: await tracesOfCommands(
          `${urlOf(primary)}/${primary.bucketName}`,
          `${urlOf(secondary)}/${secondary.bucketName}`,
          { from: primary, to: secondary },
        ),
      };
      expect(texts.functions).toContain('"outcome":"clean"');
      expect(texts.commands).toContain('"outcome": "equal"');
      const kept = [path.join(folder, "primary"), path.join(folder, "secondary")];
      expect(await found(texts, kept, secrets)).toEqual([]);
    },
    PATIENCE,
  );
});
