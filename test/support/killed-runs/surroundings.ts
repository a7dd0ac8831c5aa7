import { randomUUID } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { MARKER_VARIABLES, storeVariables, WATERMARK_MARGIN_VARIABLE } from "../../../contract/environment";
import { HANDLERS } from "../../../contract/handlers";
import { type Marker, markerRecordName } from "../../../contract/marker";
import type { StoreName } from "../../../contract/stores";
import { startEmbeddedStore } from "../../../drill/local-cloud/embedded-store";
import { startMinio } from "../../../drill/local-cloud/minio";
import type { RunningStore } from "../../../drill/local-cloud/running-store";
import { startSecretsStandIn } from "../../../drill/local-cloud/secrets-stand-in";
import { bundleReplicator } from "../../../scripts/bundle-replicator";
import { startMarkerResolvers } from "../marker-resolvers";
import { KillableReplicator } from "./killable-replicator";
import { type GateKeeper, StoreGate } from "./store-gate";

/** How long one reading of the marker counts here, in milliseconds: long enough for a usual run, short enough to wait for. */
export const HOLD_MILLISECONDS = 200;

/** Far above the whole second in which listings show times, and short, so that not every object is looked at each time. */
const WATERMARK_MARGIN_SECONDS = 3;

const SECRET = "storage-failover/secondary";

/** Two stores, a gate before each, a marker, and the deployed function, which knows the stores by their gates. */
export interface Surroundings {
  readonly stores: Readonly<Record<StoreName, RunningStore>>;
  readonly gates: readonly StoreGate[];
  readonly replicator: KillableReplicator;
  stop(): Promise<void>;
}

export async function startSurroundings(keeper: GateKeeper, marker: () => Marker): Promise<Surroundings> {
  const folder = join(tmpdir(), `killed-runs-${randomUUID()}`);
  await mkdir(folder);
  const settings = (storeName: StoreName) => ({
    storeName,
    bucketName: `assets-${storeName}`,
    region: "us-east-1",
    originHost: `assets-${storeName}.example.test`,
    folder: join(folder, storeName),
  });
  const [primary, secondary, secrets, resolvers] = await Promise.all([
    startEmbeddedStore(settings("primary")),
    startMinio(settings("secondary")),
    startSecretsStandIn(),
    startMarkerResolvers(marker),
  ]);
  const stores = { primary, secondary };
  const atPrimary = await StoreGate.open("primary", primary.port, keeper);
  const atSecondary = await StoreGate.open("secondary", secondary.port, keeper);
  await secrets.put(SECRET, secondary);
  const zipFile = join(folder, "replicator.zip");
  await writeFile(zipFile, (await bundleReplicator(resolve(__dirname, "../../.."))).zip);
  const replicator = await KillableReplicator.unpack(zipFile, {
    handler: HANDLERS.sweep,
    environment: {
      ...addressOf(primary, atPrimary.port),
      ...addressOf(secondary, atSecondary.port),
      [storeVariables("secondary").credentialsSecret]: SECRET,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.endpoint,
      [MARKER_VARIABLES.name]: markerRecordName("assets.example.test"),
      [MARKER_VARIABLES.resolvers]: resolvers.urls.join(","),
      [MARKER_VARIABLES.holdSeconds]: String(HOLD_MILLISECONDS / 1000),
      [WATERMARK_MARGIN_VARIABLE]: String(WATERMARK_MARGIN_SECONDS),
    },
    role: primary,
    timeoutSeconds: 100,
  });
  const gates = [atPrimary.gate, atSecondary.gate];
  return {
    stores,
    gates,
    replicator,
    stop: async () => {
      await replicator.stop();
      await Promise.all([...gates.map((gate) => gate.close()), resolvers.stop(), secrets.stop()]);
      await Promise.all([primary.stop(), secondary.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function addressOf({ storeName, bucketName, region }: RunningStore, port: number): Record<string, string> {
  const names = storeVariables(storeName);
  return {
    [names.endpoint]: `http://127.0.0.1:${port}`,
    [names.bucket]: bucketName,
    [names.region]: region,
    [names.addressStyle]: "path",
  };
}
