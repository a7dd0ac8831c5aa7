import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import {
  CAPABILITIES,
  type ProbedCapability,
  type ProbeReport,
  probeStore,
  verdictOf,
} from "../../cli/probe-store/probe-store";
import { MARKER_VARIABLES } from "../../contract/environment";
import type { Marker } from "../../contract/marker";
import { PROBE_PREFIX } from "../../contract/state-keys";
import { listVersions } from "../../drill/comparison/list-versions";
import { connectStore } from "../../drill/workload/store-access";
import type {
  CompleteUploadRequest,
  DeleteResult,
  ListingPage,
  ListRequest,
  PutRequest,
  PutResult,
  Versioning,
} from "../../lambda/s3/object-client";
import { StoreError, type StoreErrorKind } from "../../lambda/s3/store-error";
import { addressOf, type CommandEnd, runCommand, startCommand, storePlaces } from "../support/command-line";
import { type EmbeddedStores, startEmbeddedStores } from "../support/embedded-stores";
import { InMemoryObjectClient } from "../support/in-memory-object-client";
import { startMarkerResolvers } from "../support/marker-resolvers";
import { PathLikeObjectClient } from "../support/path-like-object-client";
import { runningStoreWriter } from "../support/store-writer";
import { UncountingObjectClient } from "../support/uncounting-object-client";

function probed(client: InMemoryObjectClient, signal = new AbortController().signal): Promise<ProbeReport> {
  return probeStore({ client, signal });
}

function lacking({ capabilities }: ProbeReport): readonly string[] {
  return capabilities.filter(({ result }) => result !== "yes").map(({ id, result }) => `${id}: ${result}`);
}

/** Keys of which any version is there, delete markers included. */
function heldKeys({ contents }: InMemoryObjectClient): readonly string[] {
  return [...contents.keysFrom("")].filter((key) => contents.stack(key).length > 0);
}

function refusal(kind: StoreErrorKind): StoreError {
  return new StoreError(`refused as ${kind}`, { kind, operation: "PutObject", bucket: "assets" });
}

/** Ignores conditions, as servers do that do not know them. */
class CarelessClient extends InMemoryObjectClient {
  public override async put(key: string, request: PutRequest): Promise<PutResult> {
    const there = await this.head(key);
    return super.put(key, { ...request, condition: there ? { etag: there.etag } : { absent: true } });
  }
}

class CarelessUploadsClient extends InMemoryObjectClient {
  public override async completeUpload(key: string, request: CompleteUploadRequest): Promise<PutResult> {
    const there = await this.head(key);
    return super.completeUpload(key, {
      ...request,
      condition: there ? { etag: there.etag } : { absent: true },
    });
  }
}

/** Sorts as JavaScript does. */
class WronglySortingClient extends InMemoryObjectClient {
  public override async list(request?: ListRequest): Promise<ListingPage> {
    const page = await super.list(request);
    const byUnits = (one: string, other: string) => (one < other ? -1 : 1);
    return { ...page, objects: page.objects.toSorted((one, other) => byUnits(one.key, other.key)) };
  }
}

class SuspendedClient extends InMemoryObjectClient {
  public override versioning(): Promise<Versioning> {
    return Promise.resolve("suspended");
  }
}

/** Deletes, and does not tell of the marker. */
class SilentDeletesClient extends InMemoryObjectClient {
  public override async delete(target: Parameters<InMemoryObjectClient["delete"]>[0]): Promise<DeleteResult> {
    const result = await super.delete(target);
    return target.versionId === undefined ? {} : result;
  }
}

/** Writes fail in one way. */
class FailingClient extends InMemoryObjectClient {
  constructor(private readonly kind: StoreErrorKind) {
    super();
  }

  public override put(): Promise<PutResult> {
    return Promise.reject(refusal(this.kind));
  }
}

describe("a store that is tried", () => {
  it("is suitable when it can do everything, and holds nothing of it afterwards", async () => {
    const client = new InMemoryObjectClient();

    const report = await probed(client);

    expect(report).toMatchObject({ verdict: "suitable", left: [] });
    expect(lacking(report)).toEqual([]);
    expect(report.capabilities.map(({ id }) => id)).toEqual(CAPABILITIES.map(({ id }) => id));
    expect(heldKeys(client)).toEqual([]);
  });

  it.each<[string, InMemoryObjectClient, ProbeReport["verdict"], readonly string[]]>([
    [
      "ignores conditions",
      new CarelessClient(),
      "not-suitable",
      ["conditional-create: no", "conditional-replace: no"],
    ],
    [
      "ignores conditions of completions",
      new CarelessUploadsClient(),
      "not-suitable",
      ["conditional-complete: no"],
    ],
    [
      "lists in the order of UTF-16",
      new WronglySortingClient(),
      "not-suitable",
      ["listing-order: no", "listing-pages: no"],
    ],
    [
      "keeps no versions now",
      new SuspendedClient(),
      "suitable-without-deletions",
      ["versioning: no", "delete-markers: no"],
    ],
    [
      "does not tell of delete markers",
      new SilentDeletesClient(),
      "suitable-without-deletions",
      ["delete-markers: no"],
    ],
    ["does not count tags", new UncountingObjectClient(), "suitable", ["tag-count: no"]],
    ["has keys that are paths", new PathLikeObjectClient(), "suitable", ["all-keys: no"]],
  ])("that %s is found out, and holds nothing afterwards", async (_, client, verdict, lacks) => {
    const report = await probed(client);

    expect({ verdict: report.verdict, lacks: lacking(report) }).toEqual({ verdict, lacks });
    expect(
      report.capabilities.every(({ result, means }) => (result === "yes") === (means === undefined)),
    ).toBe(true);
    expect(heldKeys(client)).toEqual([]);
  });

  it("is undecided where the credentials may not write, and out of reach where it does not answer", async () => {
    expect(await probed(new FailingClient("access-denied"))).toMatchObject({ verdict: "undecided" });
    expect(await probed(new FailingClient("refused"))).toMatchObject({ verdict: "not-suitable" });
    await expect(probed(new FailingClient("unreachable"))).rejects.toMatchObject({ kind: "unreachable" });
  });

  it("gets rid of what a run left that was killed", async () => {
    const client = new InMemoryObjectClient();
    const interrupted = new AbortController();
    const left = new InMemoryObjectClient();
    await expect(
      probeStore({
        client,
        signal: interrupted.signal,
        onProbed: ({ id }) => {
          if (id === "delete-markers") interrupted.abort(new Error("enough"));
        },
      }),
    ).rejects.toThrow("enough");
    expect(heldKeys(client)).toEqual([]);

    await left.createUpload(`${PROBE_PREFIX}by-hand/completed`, { headers: { metadata: {} } });
    expect(await probed(left)).toMatchObject({ verdict: "suitable", left: [] });
    expect(await left.uploads(`${PROBE_PREFIX}by-hand/completed`)).toEqual([]);
  });

  it("is judged by what it lacks most", () => {
    const one = (need: ProbedCapability["need"], result: ProbedCapability["result"]) => ({ need, result });
    const fine = one("required", "yes");

    expect(verdictOf([fine, one("exceptions", "no")])).toBe("suitable");
    expect(verdictOf([fine, one("deletions", "unknown")])).toBe("suitable-without-deletions");
    expect(verdictOf([one("required", "unknown"), one("deletions", "no")])).toBe("undecided");
    expect(verdictOf([one("required", "unknown"), one("required", "no")])).toBe("not-suitable");
  });
});

describe("probe-store", () => {
  let embedded: EmbeddedStores;
  let resolvers: Awaited<ReturnType<typeof startMarkerResolvers>>;
  let environment: Record<string, string>;
  const marker: Marker = { active: "primary", writesPaused: false };
  const ends: CommandEnd[] = [];

  beforeAll(async () => {
    resolvers = await startMarkerResolvers(() => marker);
    embedded = await startEmbeddedStores();
    const { primary } = embedded.stores;
    environment = {
      STORE_ACCESS_KEY_ID: primary.accessKeyId,
      STORE_SECRET_ACCESS_KEY: primary.secretAccessKey,
      [MARKER_VARIABLES.name]: "_storage-failover.assets.example.com",
      [MARKER_VARIABLES.resolvers]: resolvers.urls.join(","),
      ...storePlaces(embedded.stores),
    };
  });

  afterAll(async () => {
    await embedded.stop();
    await resolvers.stop();
  });

  afterEach(() => {
    const secrets = Object.values(embedded.stores).map(({ secretAccessKey }) => secretAccessKey);
    const printed = ends.splice(0).map(({ out, error }) => out + error);
    expect(printed.filter((text) => secrets.some((secret) => text.includes(secret)))).toEqual([]);
  });

  async function command(...args: string[]): Promise<CommandEnd> {
    const end = await runCommand(["probe-store", ...args], environment);
    ends.push(end);
    return end;
  }

  it("leaves the active store alone unless it is told to try it, and leaves nothing in it then", async () => {
    const { primary } = embedded.stores;
    const writer = runningStoreWriter(primary);
    await writer.write("a user's own", "x");

    const refused = await command("--store", addressOf(primary));
    expect(refused).toMatchObject({ code: 1, out: "" });
    expect(refused.error).toMatch(/^probing primary .* refused\n\n.*active store, primary\n.*--into-active/);

    const tried = await command("--store", "primary", "--into-active", "--json");
    expect(tried).toMatchObject({ code: 0, error: "" });
    expect(JSON.parse(tried.out)).toMatchObject({
      command: "probe-store",
      store: { name: "primary", bucket: "assets-primary" },
      verdict: "suitable",
      left: [],
    });
    const client = connectStore(primary);
    const keys: string[] = [];
    for await (const { key } of listVersions(client, primary.bucketName)) keys.push(key);
    expect(keys).toEqual(["a user's own"]);
    client.destroy();
    writer.close();
  });

  it("explains a store that cannot be reached or meant, and is interrupted without leaving anything", async () => {
    const missing = await command();
    expect(missing).toMatchObject({ code: 2 });
    expect(missing.error).toContain("--store is missing");
    const denied = await command("--store", "secondary");
    expect(denied).toMatchObject({ code: 3 });
    expect(denied.error).toMatch(/^error: .*403/);

    const started = startCommand(["probe-store", "--store", "primary", "--into-active"], environment);
    started.process.stdout.once("data", () => started.process.kill("SIGINT"));
    const end = await started.end;
    ends.push(end);
    expect(end).toMatchObject({ code: 130 });
    const client = connectStore(embedded.stores.primary);
    const keys: string[] = [];
    for await (const { key } of listVersions(client, "assets-primary")) keys.push(key);
    expect(keys.filter((key) => key.includes("probe"))).toEqual([]);
    client.destroy();
  });
});
