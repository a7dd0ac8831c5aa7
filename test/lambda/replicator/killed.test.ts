import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { STATE_PREFIX } from "../../../contract/state-keys";
import type { StoreName } from "../../../contract/stores";
import { compareStores } from "../../../drill/comparison/parity";
import { surveyStore } from "../../../drill/comparison/survey";
import { type LambdaProcess, startLambdaProcess } from "../../../drill/lambda-process/lambda-process";
import type { RunningStore } from "../../../drill/local-cloud/running-store";
import type { SecretStore } from "../../../drill/local-cloud/secret-store";
import { startSecretsStandIn } from "../../../drill/local-cloud/secrets-stand-in";
import { startStore } from "../../../drill/local-cloud/start-store";
import { plannedEnvironment } from "../../../drill/stage/planned-environment";
import { Timing } from "../../../drill/stage/timing";
import { putObject } from "../../../drill/workload/put-object";
import { connectStore } from "../../../drill/workload/store-access";
import type { RunReport } from "../../../lambda/replicator/report";
import { bundleReplicator } from "../../../scripts/bundle-replicator";
import { startMarkerResolvers } from "../../support/marker-resolvers";

/** Sizes on both sides of the border between buffered and streamed copies. */
const SIZES = [0, 1, 900, 70_000, 1_048_576, 1_048_577, 3_000_000];

const SECRET = "storage-failover/test";

describe("a replicator that is killed at any moment", () => {
  let folder: string;
  let stores: Record<StoreName, RunningStore>;
  let secrets: SecretStore;
  let resolvers: Awaited<ReturnType<typeof startMarkerResolvers>>;
  let replicator: LambdaProcess;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "killed-"));
    const start = (storeName: StoreName) =>
      startStore("embedded", {
        storeName,
        bucketName: storeName,
        region: "eu-central-1",
        originHost: `${storeName}.example.com`,
        folder: join(folder, storeName),
      });
    stores = { primary: await start("primary"), secondary: await start("secondary") };
    secrets = await startSecretsStandIn();
    await secrets.put(SECRET, stores.secondary);
    resolvers = await startMarkerResolvers(() => ({ active: "primary", writesPaused: false }));
    const zipFile = join(folder, "replicator.zip");
    await writeFile(zipFile, (await bundleReplicator(resolve(__dirname, "../../.."))).zip);
    const planned = {
      environment: {
        PRIMARY_BUCKET: "primary",
        PRIMARY_REGION: "eu-central-1",
        SECONDARY_BUCKET: "secondary",
        SECONDARY_REGION: "eu-central-1",
        SECONDARY_CREDENTIALS_SECRET: SECRET,
        MARKER_NAME: "_storage-failover.example.com",
      },
      handler: "handler.handler",
      timeoutSeconds: 60,
      memoryMiB: 512,
      intervalSeconds: 60,
    };
    const surroundings = {
      stores,
      resolverUrls: resolvers.urls,
      secretsEndpoint: secrets.endpoint,
      timing: new Timing(30),
    };
    replicator = await startLambdaProcess({
      zipFile,
      handler: planned.handler,
      // As if each restart came long after: a run that was killed leaves its lease.
      environment: { ...plannedEnvironment(planned, surroundings), LEASE_SECONDS: "0.001" },
      region: "eu-central-1",
      role: stores.primary,
      timeoutSeconds: 60,
      onLog: () => undefined,
    });
  }, 60_000);

  afterAll(async () => {
    await replicator?.stop();
    await Promise.all([resolvers?.stop(), secrets?.stop(), stores?.primary.stop(), stores?.secondary.stop()]);
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  async function write(keys: number, body: (key: number) => Buffer): Promise<void> {
    const client = connectStore(stores.primary);
    for (let key = 0; key < keys; key += 1) {
      const content = body(key);
      const place = { bucket: "primary", key: `folder/${key}`, size: content.length, body: content };
      await putObject(client, {
        ...place,
        headers: { cacheControl: `max-age=${key}`, metadata: { key: `${key}` } },
        tags: {},
      });
    }
    client.destroy();
  }

  /** What the standby holds, with all versions: whatever a run puts shows here. */
  async function standby() {
    const survey = await surveyStore({ store: stores.secondary, moment: "end", clock: () => 0 });
    return survey.objects.filter(({ key }) => !key.startsWith(STATE_PREFIX));
  }

  it("converges after a restart, and a second run puts nothing", async () => {
    let round = 0;
    const moments = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(moments, async (kills) => {
        round += 1;
        await write(40, (key) => Buffer.alloc(SIZES[(key + round) % SIZES.length] ?? 0, `${round}-${key} `));
        for (const milliseconds of kills) {
          const invocation = replicator.invoke({}).catch(() => undefined);
          await delay(milliseconds);
          await replicator.kill();
          await invocation;
        }
        const last = (await replicator.invoke({})) as RunReport;
        expect(last).toMatchObject({ outcome: "clean", exceptions: [] });
        const before = await standby();
        expect(await replicator.invoke({})).toMatchObject({ outcome: "clean", copied: 0 });
        expect(await standby()).toEqual(before);
        const parity = await compareStores({ stores, exceptions: [], moment: "end", clock: () => 0 });
        expect(parity).toMatchObject({ objects: 40, differences: [] });
      }),
      { numRuns: 5, seed: 7, endOnFailure: true },
    );
  }, 120_000);
});
