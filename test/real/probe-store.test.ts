import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { type ProbeReport, probeStore } from "../../cli/probe-store/probe-store";
import { listVersions } from "../../drill/comparison/list-versions";
import type { RunningStore } from "../../drill/local-cloud/running-store";
import { startStore } from "../../drill/local-cloud/start-store";
import { connectStore } from "../../drill/workload/store-access";
import { openObjectClient } from "../../lambda/s3/open-object-client";
import { optionsFor } from "../support/opened-store";
import { describeReal } from "../support/real-stores";

const PATIENCE = 120_000;

describeReal("probe-store on real servers", ["minio", "localstack"], () => {
  let folder: string;
  const stores: Partial<Record<"minio" | "localstack", RunningStore>> = {};

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "probe-store-test-"));
    const settings = { storeName: "secondary", region: "us-east-1" } as const;
    const [bucketName, other] = ["assets", "assets-localstack"];
    [stores.minio, stores.localstack] = await Promise.all([
      startStore("minio", {
        ...settings,
        bucketName,
        originHost: "assets.example.test",
        folder: join(folder, "minio"),
      }),
      startStore("localstack", {
        ...settings,
        bucketName: other,
        originHost: `${other}.s3.us-east-1.amazonaws.com`,
        folder: join(folder, "localstack"),
      }),
    ]);
  }, PATIENCE);

  afterAll(async () => {
    await Promise.all([stores.minio?.stop(), stores.localstack?.stop()]);
    await rm(folder, { recursive: true, force: true });
  }, PATIENCE);

  async function probed(name: "minio" | "localstack"): Promise<ProbeReport> {
    const store = stores[name];
    if (store === undefined) throw new Error(`${name} does not run`);
    const client = openObjectClient("thin", optionsFor(store));
    try {
      return await probeStore({ client, signal: new AbortController().signal });
    } finally {
      client.close();
    }
  }

  function lacking(report: ProbeReport): Record<string, string | undefined> {
    const lacks = report.capabilities.filter(({ result }) => result !== "yes");
    return Object.fromEntries(lacks.map(({ id, detail }) => [id, detail]));
  }

  /** Every version and delete marker that is there. */
  async function versionsIn(name: "minio" | "localstack"): Promise<string[]> {
    const store = stores[name];
    if (store === undefined) throw new Error(`${name} does not run`);
    const client = connectStore(store);
    const found: string[] = [];
    for await (const { key } of listVersions(client, store.bucketName)) found.push(key);
    client.destroy();
    return found;
  }

  it("finds MinIO suitable, with the keys that no path can be, and leaves nothing", async () => {
    const report = await probed("minio");
    expect({ verdict: report.verdict, left: report.left, lacks: lacking(report) }).toEqual({
      verdict: "suitable",
      left: [],
      lacks: {
        "all-keys":
          "not: leading-slash, double-slash, dot-segment, parent-segment, long-segment, a/b beside a, an Expires that is no date",
      },
    });
    expect(await probed("minio")).toEqual(report);
    expect(await versionsIn("minio")).toEqual([]);
  });

  it("finds LocalStack suitable, and leaves nothing", async () => {
    const report = await probed("localstack");
    expect({ verdict: report.verdict, left: report.left, lacks: lacking(report) }).toEqual({
      verdict: "suitable",
      left: [],
      lacks: { "tag-count": "it says 0 of 1", "all-keys": expect.stringContaining("parsing Expires") },
    });
    expect(await versionsIn("localstack")).toEqual([]);
  });
});
