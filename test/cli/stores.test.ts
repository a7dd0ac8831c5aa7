import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { App } from "cdktf";
import fc from "fast-check";
import { configuredStores } from "../../cli/stores/configured-stores";
import { impliedDirection } from "../../cli/stores/implied-direction";
import { type OpenedStore, openStore, openStores } from "../../cli/stores/open-stores";
import { givenCredentials } from "../../cli/stores/side-credentials";
import { chosenPrefix, prefixedStackName, stackPrefixes } from "../../cli/stores/stack-sets";
import { storeAddress } from "../../cli/stores/store-address";
import { permissionToWrite } from "../../cli/stores/write-permission";
import { MARKER_VARIABLES, storeVariables } from "../../contract/environment";
import type { Marker } from "../../contract/marker";
import { STACK_NAMES } from "../../contract/stacks";
import { STORE_NAMES } from "../../contract/stores";
import { close, listen } from "../../drill/machine/loopback-server";
import type { ReplicatorConfig } from "../../lambda/replicator/config";
import { StorageFailover } from "../../lib/storage-failover";
import { synthesizeStacks } from "../../stacks/synthesize";
import { configWithAsset } from "../stacks/replicator-asset";
import { startMarkerResolvers } from "../support/marker-resolvers";
import { ReplicatedPair } from "../support/replicated-pair";

const FROM = { option: "--from" };

describe("an address", () => {
  it.each([
    ["s3://assets", { awsRegion: "eu-west-1" }, "https://s3.eu-west-1.amazonaws.com", "eu-west-1", "virtual"],
    [
      "s3://assets",
      { awsRegion: "eu-west-1", region: "sa-east-1" },
      "https://s3.sa-east-1.amazonaws.com",
      "sa-east-1",
      "virtual",
    ],
    [
      "s3://assets",
      { region: "cn-north-1" },
      "https://s3.cn-north-1.amazonaws.com.cn",
      "cn-north-1",
      "virtual",
    ],
    [
      "https://s3.eu-west-1.amazonaws.com/assets",
      {},
      "https://s3.eu-west-1.amazonaws.com",
      "eu-west-1",
      "virtual",
    ],
    ["https://minio.example.com:9000/assets/", {}, "https://minio.example.com:9000", "us-east-1", "path"],
    [
      "https://minio.example.com/assets",
      { region: "fra1", addressStyle: "virtual" },
      "https://minio.example.com",
      "fra1",
      "virtual",
    ],
    ["http://127.0.0.1:9000/assets", {}, "http://127.0.0.1:9000", "us-east-1", "path"],
  ] as const)("%s with %j is understood", (text, options, endpoint, region, addressStyle) => {
    expect(storeAddress(text, { ...FROM, ...options })).toEqual({
      endpoint,
      bucket: "assets",
      region,
      addressStyle,
    });
  });

  it("puts a bucket with a dot into the path, for no certificate covers it as a host name", () => {
    expect(storeAddress("s3://a.b.c", { ...FROM, awsRegion: "eu-west-1" }).addressStyle).toBe("path");
  });

  it.each([
    ["s3://assets", "AWS_REGION"],
    ["s3://assets/images", "--prefix"],
    ["https://minio.example.com", "the bucket is missing"],
    ["https://minio.example.com/assets/images/", "--prefix"],
    ["http://minio.example.com/assets", "use https"],
    ["ftp://minio.example.com/assets", "s3://<bucket>"],
    ["tertiary", "primary, secondary"],
    ["https://minio.example.com/a%20b", "no bucket name"],
  ])("%s is refused, saying what to change", (text, remedy) => {
    expect(() => storeAddress(text, FROM)).toThrow(remedy);
  });

  it.each([
    "https://key:canary@minio.example.com/assets",
    "https://minio.example.com/assets?X-Amz-Signature=canary",
    "https://minio.example.com/assets#canary",
    "key:canary@minio.example.com/assets",
  ])("%s is refused without repeating what may be a secret", (text) => {
    expect(() => storeAddress(text, FROM)).toThrow(/^(?!.*canary)/s);
  });
});

describe("credentials of one side", () => {
  it("are its own variables, and nothing of the other side's", () => {
    const environment = {
      FROM_ACCESS_KEY_ID: "id",
      FROM_SECRET_ACCESS_KEY: "secret",
      FROM_SESSION_TOKEN: "token",
      TO_ACCESS_KEY_ID: "",
    };
    const pair = { accessKeyId: "id", secretAccessKey: "secret", sessionToken: "token" };
    expect(givenCredentials("from", environment)).toEqual(pair);
    expect(givenCredentials("to", environment)).toBeUndefined();
  });

  it("are refused in part, naming what is missing and not what is there", () => {
    const given = () => givenCredentials("to", { TO_SECRET_ACCESS_KEY: "canary" });
    expect(given).toThrow("TO_SECRET_ACCESS_KEY is set, but not TO_ACCESS_KEY_ID");
    expect(given).toThrow(/^(?!.*canary)/s);
  });
});

describe("the stacks that are meant", () => {
  const prefix = fc.oneof(fc.constant(""), fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,12}$/));
  const names = (one: string) => STACK_NAMES.map((stack) => prefixedStackName(one, stack));

  it("are the complete sets, whatever else there is, and the only one is found by itself", () => {
    const sets = fc.uniqueArray(prefix, { maxLength: 4 });
    fc.assert(
      fc.property(sets, prefix, fc.constantFrom(...STACK_NAMES), (prefixes, other, missing) => {
        fc.pre(!prefixes.includes(other));
        const partial = names(other).filter((name) => name !== prefixedStackName(other, missing));
        const all = [...prefixes.flatMap(names), ...partial, "zone-rules"];
        // What is lacking in one set may be a whole one's own: "a" and "a-primary", say.
        fc.pre(!all.includes(prefixedStackName(other, missing)));
        expect(stackPrefixes(all)).toEqual([...prefixes].sort());
        if (prefixes.length <= 1) expect(chosenPrefix(all, undefined, "here")).toBe(prefixes[0]);
        else expect(() => chosenPrefix(all, undefined, "here")).toThrow("here has the stacks of several");
        for (const one of prefixes) expect(chosenPrefix(all, one, "here")).toBe(one);
        expect(() => chosenPrefix(all, other, "here")).toThrow(`--stack-prefix "${other}": here has no`);
      }),
      { seed: 5 },
    );
  });

  it.each([
    [["images", "videos"], undefined, "say which with --stack-prefix: images, videos"],
    [["", "videos"], undefined, '--stack-prefix: "" (no prefix), videos'],
    [
      ["images", "videos"],
      "image",
      '--stack-prefix "image": cdktf.out has no such four stacks; allowed: images, videos',
    ],
    [["images"], "", '--stack-prefix "": cdktf.out has no such four stacks; allowed: images'],
    [[], "images", "run: npx cdktf synth"],
  ])("of %j, with %j, are refused with what there is", (prefixes, given, message) => {
    expect(() => chosenPrefix(prefixes.flatMap(names), given, "cdktf.out")).toThrow(message);
  });
});

describe("stores of the configuration", () => {
  let folder: string;
  let planned: ReplicatorConfig | undefined;
  let marker: Marker | undefined;
  let resolvers: Awaited<ReturnType<typeof startMarkerResolvers>>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "configured-stores-"));
    synthesizeStacks({ activeProvider: "primary", config: configWithAsset(folder), outdir: folder });
    planned = await configuredStores({ synthesized: folder, environment: {} });
    resolvers = await startMarkerResolvers(() => marker ?? { active: "primary", writesPaused: false });
  });

  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await resolvers.stop();
  });

  /** The replicator's own variables, with resolvers of this machine. */
  function environment(more: Record<string, string> = {}): Record<string, string> {
    const stores = STORE_NAMES.map((name) => ({
      [storeVariables(name).endpoint]: `https://${name}.example.com`,
      [storeVariables(name).bucket]: `assets-${name}`,
      [storeVariables(name).region]: "eu-west-1",
      [storeVariables(name).addressStyle]: "path",
    }));
    return Object.assign({}, ...stores, {
      [MARKER_VARIABLES.name]: "_storage-failover.assets.example.com",
      [MARKER_VARIABLES.resolvers]: resolvers.urls.join(","),
      FROM_ACCESS_KEY_ID: "id",
      FROM_SECRET_ACCESS_KEY: "secret",
      TO_ACCESS_KEY_ID: "id",
      TO_SECRET_ACCESS_KEY: "secret",
      ...more,
    });
  }

  async function opened(from: string, to: string, more: Record<string, string> = {}) {
    const stores = await openStores({
      from: { store: from },
      to: { store: to },
      environment: environment(more),
    });
    stores.close();
    return stores;
  }

  it("are read from what cdktf synth wrote, as the replicator will be told them", () => {
    expect(planned).toMatchObject({
      stores: {
        primary: { endpoint: "https://s3.eu-central-1.amazonaws.com", bucket: "example-assets-primary" },
        secondary: { endpoint: "https://assets-standby.example.com", credentialsSecret: expect.any(String) },
      },
      markerName: "_storage-failover.assets.example.com",
    });
  });

  it("are read from the environment where that names them, unless a folder is given", async () => {
    const fromEnvironment = await configuredStores({ environment: environment() });
    expect(fromEnvironment?.stores.primary.bucket).toBe("assets-primary");
    const fromFolder = await configuredStores({ synthesized: folder, environment: environment() });
    expect(fromFolder).toEqual(planned);
  });

  it("have their secret where the replicator has it, in whatever region this machine works", async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(String(request.headers.authorization));
      response.end(JSON.stringify({ SecretString: '{"accessKeyId": "id", "secretAccessKey": "secret"}' }));
    });
    const own = { ...process.env };
    process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER = `http://127.0.0.1:${await listen(server)}`;
    process.env.AWS_REGION = "us-east-1";
    process.env.AWS_ACCESS_KEY_ID = "id";
    process.env.AWS_SECRET_ACCESS_KEY = "stands for a secret";
    try {
      const surroundings = { synthesized: folder, environment: {} };
      const { client, connection } = await openStore({ store: "secondary" }, surroundings);
      client.close();
      expect(await connection.credentials.current()).toMatchObject({ accessKeyId: "id" });
    } finally {
      process.env = own;
      await close(server);
    }
    expect(asked).toEqual([expect.stringContaining("/eu-central-1/secretsmanager/")]);
  });

  it("are those of the stacks that are meant, where an app has several sets of them", async () => {
    const outdir = join(folder, "several");
    synthesizeSets(outdir, ["images", "videos"]);
    const bucketOf = async (stackPrefix: string | undefined, more: Record<string, string> = {}) =>
      (await configuredStores({ synthesized: outdir, stackPrefix, environment: more }))?.stores.primary
        .bucket;

    expect(await bucketOf("images")).toBe("images-assets");
    expect(await bucketOf("videos")).toBe("videos-assets");
    await expect(bucketOf(undefined)).rejects.toThrow(/several.*--stack-prefix: images, videos/);
    await expect(bucketOf("")).rejects.toThrow('--stack-prefix ""');
    // The environment names a pair of its own, unless stacks are asked for.
    expect((await configuredStores({ environment: environment() }))?.stores.primary.bucket).toBe(
      "assets-primary",
    );
    await expect(configuredStores({ stackPrefix: "nowhere", environment: environment() })).rejects.toThrow(
      '--stack-prefix "nowhere"',
    );

    // The folders of stacks that the app has no more stay, and mean nothing.
    synthesizeSets(outdir, ["videos"]);
    expect(await bucketOf(undefined)).toBe("videos-assets");
    rmSync(join(outdir, "manifest.json"));
    await expect(bucketOf(undefined)).rejects.toThrow("images, videos");
  });

  function synthesizeSets(outdir: string, prefixes: readonly string[]): void {
    const config = configWithAsset(folder);
    const app = new App({ outdir, stackTraces: false });
    for (const prefix of prefixes) {
      new StorageFailover(app, prefix, {
        ...config,
        activeProvider: "primary",
        stackNamePrefix: prefix,
        hostname: `${prefix}.example.com`,
        primary: { ...config.primary, bucketName: `${prefix}-assets` },
        secondary: {
          ...config.secondary,
          bucketName: `${prefix}-standby`,
          originHost: `${prefix}-standby.example.com`,
        },
        edge: { ...config.edge, manageZoneRules: false },
      });
    }
    app.synth();
  }

  it("are refused where they cannot be used, naming place and value", async () => {
    const style = { [storeVariables("primary").addressStyle]: "sideways" };
    await expect(configuredStores({ environment: environment(style) })).rejects.toThrow(
      /the environment.*PRIMARY_ADDRESS_STYLE is "sideways"; allowed: virtual, path/,
    );
    await expect(configuredStores({ synthesized: "no/such", environment: {} })).rejects.toThrow(
      "cdktf synth",
    );
    const broken = join(folder, "stacks", "replication", "cdk.tf.json");
    writeFileSync(broken, "{}");
    await expect(configuredStores({ synthesized: folder, environment: {} })).rejects.toThrow("no function");
    const unknown = { [storeVariables("primary").bucket]: "${aws_s3_bucket.b.id}" };
    const variables = { ...environment(), ...unknown };
    writeFileSync(
      broken,
      JSON.stringify({ resource: { aws_lambda_function: { f: { environment: { variables } } } } }),
    );
    await expect(configuredStores({ synthesized: folder, environment: {} })).rejects.toThrow(
      "PRIMARY_BUCKET is known only after deployment",
    );
  });

  it("are known by name and by address alike", async () => {
    const byName = await opened("primary", "secondary");
    const byAddress = await opened(
      "https://primary.example.com/assets-primary",
      "https://elsewhere.example.com/assets-secondary",
    );
    expect([byName.source.name, byName.destination.name]).toEqual(["primary", "secondary"]);
    expect([byAddress.source.name, byAddress.destination.name]).toEqual(["primary", undefined]);
  });

  it.each([
    [
      "one bucket on both sides",
      "primary",
      "https://primary.example.com/assets-primary",
      {},
      "the same bucket",
    ],
    ["a client that there is not", "primary", "secondary", { S3_CLIENT: "curl" }, "thin, sdk"],
  ] as const)("are refused for %s", async (_what, from, to, more, message) => {
    await expect(opened(from, to, more)).rejects.toThrow(message);
  });

  it("go from the active one to the standby where no direction is given", async () => {
    marker = { active: "secondary", writesPaused: false };
    expect(await impliedDirection({}, environment())).toMatchObject({ from: "secondary", to: "primary" });
    expect(await impliedDirection({ from: "primary", to: "s3://b" }, environment())).toMatchObject({
      to: "s3://b",
    });
    await expect(impliedDirection({ from: "primary" }, environment())).resolves.toEqual({ from: "primary" });
  });

  describe("may be written into", () => {
    const pair = new ReplicatedPair();

    async function permission(
      to: OpenedStore["name"],
      intoActive = false,
      more: Record<string, string> = {},
    ) {
      const { config } = await opened("primary", "secondary", more);
      const into = storeAs(to);
      return permissionToWrite({ into, doing: "sync", config: to && config, intoActive, clock: pair.clock });
    }

    function storeAs(name: OpenedStore["name"]): OpenedStore {
      const client = pair.clients[name ?? "secondary"];
      return { client, name, label: name ?? "an address", address: "", place: { endpoint: "", bucket: "" } };
    }

    it("when the marker names the other one, as long as it does", async () => {
      marker = { active: "primary", writesPaused: false };
      const confirm = await permission("secondary");
      await expect(confirm()).resolves.toBeUndefined();
      marker = { active: "secondary", writesPaused: false };
      pair.clock.advance(20_000);
      await expect(confirm()).rejects.toThrow("the marker changed from primary to secondary");
    });

    it("while they are active only with --into-active", async () => {
      marker = { active: "secondary", writesPaused: false };
      await expect(permission("secondary")).rejects.toThrow(/secondary is active\n.*--into-active/);
      await expect((await permission("secondary", true))()).resolves.toBeUndefined();
    });

    it("while the marker cannot be read only with --into-active", async () => {
      const unreadable = { [MARKER_VARIABLES.resolvers]: "http://127.0.0.1:1/a,http://127.0.0.1:2/b" };
      await expect(permission("secondary", false, unreadable)).rejects.toThrow(
        /cannot be told which store is active.*\n.*--into-active/,
      );
      await expect(permission("secondary", true, unreadable)).resolves.toBeDefined();
    });

    it("by an address, unless the store's own journal calls it active", async () => {
      await expect((await permission(undefined))()).resolves.toBeUndefined();
      pair.flip("secondary");
      await pair.run();
      await expect(permission(undefined)).rejects.toThrow(/its own journal.*secondary\n.*--into-active/);
      pair.flip("primary");
      await pair.run();
      await expect((await permission(undefined))()).resolves.toBeUndefined();
    });
  });
});
