import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { zipSync } from "fflate";
import { STAMP_METADATA_KEY } from "../../contract/stamp";
import { HEALTH_KEY, PROGRESS_KEY } from "../../contract/state-keys";
import { differencesBetween } from "../../drill/comparison/differences";
import { listVersions } from "../../drill/comparison/list-versions";
import type { ObjectFacts } from "../../drill/comparison/object-facts";
import { compareStores } from "../../drill/comparison/parity";
import { searchSecrets } from "../../drill/comparison/secrets-search";
import { surveyStore, versionStacks } from "../../drill/comparison/survey";
import {
  parseVersionPage,
  type VersionEntry,
  VersionListingError,
} from "../../drill/comparison/version-listing";
import { generateObjects } from "../../drill/workload/generated-objects";
import { KnownValues } from "../../drill/workload/known-values";
import { loadObjects } from "../../drill/workload/load";
import { connectStore } from "../../drill/workload/store-access";
import { type PutOptions, StoreWriter } from "../../drill/workload/store-writer";
import { type EmbeddedStores, startEmbeddedStores } from "../support/embedded-stores";

const clock = () => performance.now();

describe("two stores", () => {
  let running: EmbeddedStores;
  let stores: EmbeddedStores["stores"];
  let writer: StoreWriter;

  beforeAll(async () => {
    running = await startEmbeddedStores();
    stores = running.stores;
    const values = new KnownValues();
    writer = new StoreWriter({
      stores,
      requestTimeoutMilliseconds: 10_000,
      clock,
      emit: () => undefined,
      values,
    });
    const objects = generateObjects({ seed: 9, count: 100 }).filter(({ size }) => size < 9e6);
    for (const store of [stores.primary, stores.secondary]) {
      await loadObjects({ store, objects, clock, emit: () => undefined, values });
    }
  }, 60_000);

  afterAll(async () => {
    writer.close();
    await running.stop();
  });

  const compare = (exceptions: string[] = []) => compareStores({ stores, exceptions, moment: "end", clock });

  async function putBoth(
    key: string,
    primary: [string, PutOptions?],
    secondary: [string, PutOptions?],
  ): Promise<void> {
    await writer.put("primary", key, Buffer.from(primary[0]), primary[1]);
    await writer.put("secondary", key, Buffer.from(secondary[0]), secondary[1]);
  }

  it("that hold the same are found equal, replication's own keys and stamps aside", async () => {
    const stamped: PutOptions = {
      headers: { contentType: "a/b", metadata: { [STAMP_METADATA_KEY]: "x", kept: "y" } },
    };
    await putBoth(
      "stamped",
      ["same", { headers: { contentType: "a/b", metadata: { kept: "y" } } }],
      ["same", stamped],
    );
    await putBoth(HEALTH_KEY, ["primary"], ["secondary"]);
    await writer.put("secondary", PROGRESS_KEY, Buffer.from("{}"));
    const progress: number[] = [];

    const parity = await compareStores({
      stores,
      exceptions: [],
      moment: "after-reverse",
      clock,
      onProgress: ({ objects, ofObjects }) => progress.push(objects / ofObjects),
    });

    expect(parity).toMatchObject({
      type: "parity",
      moment: "after-reverse",
      differences: [],
      exceptions: [],
    });
    expect(parity.objects).toBeGreaterThan(90);
    expect(parity.bytes).toBeGreaterThan(20e6);
    expect(progress.at(-1)).toBe(1);
    expect(progress).toHaveLength(parity.objects);
  }, 30_000);

  it("that differ are found different in each thing that must travel", async () => {
    const plain = { contentType: "text/plain", metadata: {} };
    const [all, nothing] = [{ headers: plain }, { headers: plain }];
    await putBoth("differs/bytes", ["one"], ["two"]);
    await putBoth("differs/size", ["one"], ["three"]);
    await putBoth(
      "differs/type",
      ["x", { headers: { contentType: "text/plain", metadata: {} } }],
      ["x", { headers: { contentType: "text/html", metadata: {} } }],
    );
    for (const header of [
      "cacheControl",
      "contentDisposition",
      "contentEncoding",
      "contentLanguage",
      "expires",
    ] as const) {
      await putBoth(`differs/${header}`, ["x", { headers: { ...plain, [header]: "0" } }], ["x", nothing]);
    }
    await putBoth(
      "differs/metadata",
      ["x", { headers: { ...plain, metadata: { a: "1" } } }],
      ["x", { headers: { ...plain, metadata: { a: "2" } } }],
    );
    await putBoth("differs/tags", ["x", { ...all, tags: { a: "b c" } }], ["x", nothing]);
    await writer.put("primary", "differs/only here", Buffer.from("x"));
    await putBoth("differs/deleted there", ["x"], ["x"]);
    await writer.delete("secondary", "differs/deleted there");
    await putBoth("differs/excepted", ["one"], ["two"]);

    const parity = await compare(["differs/excepted"]);

    expect(parity.exceptions).toEqual(["differs/excepted"]);
    expect(parity.differences).toEqual([
      { key: "differs/bytes", what: "body: other bytes, 3 on both sides" },
      { key: "differs/cacheControl", what: 'header cache-control: "0" on primary, absent on secondary' },
      {
        key: "differs/contentDisposition",
        what: 'header content-disposition: "0" on primary, absent on secondary',
      },
      {
        key: "differs/contentEncoding",
        what: 'header content-encoding: "0" on primary, absent on secondary',
      },
      {
        key: "differs/contentLanguage",
        what: 'header content-language: "0" on primary, absent on secondary',
      },
      { key: "differs/deleted there", what: "object: absent on secondary" },
      { key: "differs/expires", what: 'header expires: "0" on primary, absent on secondary' },
      { key: "differs/metadata", what: 'header x-amz-meta-a: "1" on primary, "2" on secondary' },
      { key: "differs/only here", what: "object: absent on secondary" },
      { key: "differs/size", what: "body: 3 bytes on primary, 5 on secondary" },
      { key: "differs/tags", what: 'tag a: "b c" on primary, absent on secondary' },
      { key: "differs/type", what: 'header content-type: "text/plain" on primary, "text/html" on secondary' },
    ]);
  }, 30_000);

  it("are surveyed with whole version stacks, newest first, however the listing is cut into pages", async () => {
    const first = await writer.put("primary", "stack/ü+%2F", Buffer.from("1"));
    const deleted = await writer.delete("primary", "stack/ü+%2F");
    const second = await writer.put("primary", "stack/ü+%2F", Buffer.from("2"));
    const gone = await writer.put("primary", "stack/gone", Buffer.from("3"));
    const marker = await writer.delete("primary", "stack/gone");
    const { objects, store } = await surveyStore({ store: stores.primary, moment: "before-kill", clock });

    const byKey = new Map(objects.map((object) => [object.key, object]));
    expect(store).toBe("primary");
    expect(byKey.size).toBe(objects.length);
    expect(byKey.get("stack/ü+%2F")).toEqual({
      key: "stack/ü+%2F",
      etag: second.etag,
      versions: [
        { versionId: second.versionId, etag: second.etag, isDeleteMarker: false },
        { versionId: deleted.versionId, etag: undefined, isDeleteMarker: true },
        { versionId: first.versionId, etag: first.etag, isDeleteMarker: false },
      ],
    });
    expect(byKey.get("stack/gone")?.etag).toBeUndefined();
    expect(byKey.get("stack/gone")?.versions.map(({ versionId }) => versionId)).toEqual([
      marker.versionId,
      gone.versionId,
    ]);
    const client = connectStore(stores.primary);
    const entries: VersionEntry[] = [];
    for await (const entry of listVersions(client, stores.primary.bucketName, 2)) {
      entries.push(entry);
    }
    client.destroy();
    expect(versionStacks(entries)).toEqual(objects);
  }, 60_000);
});

describe("a version listing", () => {
  const version = (key: string, id: string, latest: boolean) =>
    `<Version><Key>${key}</Key><VersionId>${id}</VersionId><IsLatest>${latest}</IsLatest><ETag>&quot;e-${id}&quot;</ETag><Size>7</Size></Version>`;
  const marker = (key: string, id: string, latest: boolean) =>
    `<DeleteMarker><Key>${key}</Key><VersionId>${id}</VersionId><IsLatest>${latest}</IsLatest></DeleteMarker>`;
  const listing = (content: string, more = "<IsTruncated>false</IsTruncated>") =>
    `<?xml version="1.0"?><ListVersionsResult xmlns="x"><EncodingType>url</EncodingType>${more}${content}</ListVersionsResult>`;

  it("keeps versions and delete markers in the order of the text", () => {
    const page = parseVersionPage(
      listing(
        marker("a+b%2B%25", "3", true) + version("a+b%2B%25", "2", false) + marker("a+b%2B%25", "1", false),
      ),
    );

    expect(
      page.entries.map(({ key, versionId, isDeleteMarker }) => [key, versionId, isDeleteMarker]),
    ).toEqual([
      ["a b+%", "3", true],
      ["a b+%", "2", false],
      ["a b+%", "1", true],
    ]);
    expect(page.entries[1]).toMatchObject({ etag: "e-2", size: 7, isLatest: false });
    expect(page.next).toBeUndefined();
  });

  it("says where the next page begins, and refuses what it cannot go on from", () => {
    const truncated = "<IsTruncated>true</IsTruncated>";
    const next = "<NextKeyMarker>a%20b</NextKeyMarker><NextVersionIdMarker>007</NextVersionIdMarker>";

    expect(parseVersionPage(listing("", truncated + next)).next).toEqual({
      keyMarker: "a b",
      versionIdMarker: "007",
    });
    expect(() => parseVersionPage(listing("", truncated))).toThrow(VersionListingError);
    expect(() => parseVersionPage("<Error><Code>AccessDenied</Code></Error>")).toThrow(/no version listing/);
    expect(() => parseVersionPage(listing("<Version><Key>a</Key></Version>"))).toThrow(/no version id/);
  });
});

describe("two copies of one object", () => {
  const map = fc.dictionary(fc.constantFrom("a", "b", "c"), fc.constantFrom("1", "2"), {
    noNullPrototype: true,
  });
  const facts: fc.Arbitrary<ObjectFacts> = fc.record({
    size: fc.constantFrom(0, 1),
    digest: fc.constantFrom("x", "y"),
    headers: map,
    tags: map,
  });

  it("have no differences exactly when everything is equal, and the same number either way round", () => {
    fc.assert(
      fc.property(facts, facts, (one, other) => {
        const different = JSON.stringify(sorted(one)) !== JSON.stringify(sorted(other));
        expect(differencesBetween(one, other).length > 0).toBe(different);
        expect(differencesBetween(one, other)).toHaveLength(differencesBetween(other, one).length);
      }),
      { seed: 23, numRuns: 500 },
    );
  });

  function sorted({ size, digest, headers, tags }: ObjectFacts) {
    const ordered = (map: Readonly<Record<string, string>>) =>
      ["a", "b", "c"].map((name) => map[name] ?? null);
    return [size, digest, ordered(headers), ordered(tags)];
  }
});

describe("the search for secrets", () => {
  const secrets = [{ name: "replicator's secret key", value: 'not/a+real "secret" £ value' }];
  const [value] = secrets.map((secret) => secret.value);
  const search = (text: string) => searchSecrets({ secrets, texts: { log: text }, clock });

  it.each([
    ["as it is", `key=${value};`],
    ["percent-encoded", `key=${encodeURIComponent(value ?? "")}`],
    ["in JSON", JSON.stringify({ deep: [{ key: value }] })],
    ["in hexadecimal", Buffer.from(`x${value}y`).toString("hex")],
    ["in base64", Buffer.from(`${value}`).toString("base64")],
    ["in base64", Buffer.from(`k:${value}:z`).toString("base64")],
    ["in base64", Buffer.from(`k${value}!`).toString("base64")],
  ])("finds it written %s, and never repeats it", async (form, text) => {
    const event = await search(text);

    expect(event.found).toContain(`log holds the replicator's secret key ${form}`);
    expect(JSON.stringify(event)).not.toContain("real");
  });

  it("finds it in files, in zips and in environments, and lists all that it searched", async () => {
    const folder = await mkdtemp(join(tmpdir(), "secrets-"));
    await mkdir(join(folder, "below"));
    await writeFile(join(folder, "below", "clean.txt"), "nothing here");
    await writeFile(
      join(folder, "below", "dirty.bin"),
      Buffer.concat([Buffer.from([0, 255, 128]), Buffer.from(`${value}`)]),
    );
    await writeFile(
      join(folder, "code.zip"),
      zipSync({ "handler.js": Buffer.from(`const k = ${JSON.stringify(value)}`) }),
    );

    const { found, searched } = await searchSecrets({
      secrets,
      paths: [folder],
      environments: { replicator: { HOME: "/", KEY: value }, edge: { HOME: "/" } },
      clock,
    });
    await rm(folder, { recursive: true });

    expect(found.map((line) => line.replace(folder, "")).sort()).toEqual([
      "/below/dirty.bin holds the replicator's secret key as it is",
      "/code.zip!handler.js holds the replicator's secret key in JSON",
      "environment of replicator holds the replicator's secret key as it is",
    ]);
    expect(searched).toHaveLength(6);
  });

  it("finds nothing where nothing is, and refuses to pass what it cannot search", async () => {
    expect((await search("a log without it")).found).toEqual([]);
    await expect(searchSecrets({ secrets: [{ name: "short", value: "abc" }], clock })).rejects.toThrow(
      /fewer than 8/,
    );
    await expect(searchSecrets({ secrets, paths: ["/nowhere/at/all"], clock })).rejects.toThrow(/ENOENT/);
  });
});
