import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "@jest/globals";
import type { RunningStore } from "../../drill/local-cloud/running-store";
import { startStore } from "../../drill/local-cloud/start-store";
import { type AnonymousReadTraits, describeAnonymousReads } from "../support/anonymous-reads";
import { describeObjectClientConformance, type StoreTraits } from "../support/object-client-conformance";
import { CLIENTS, openNewBucket } from "../support/opened-store";
import { describeReal, type RealStore } from "../support/real-stores";

/** How long a server may take to start or stop on a busy machine. */
const SERVER_MILLISECONDS = 120_000;

interface RealServer {
  readonly name: string;
  readonly product: RealStore;
  readonly originHost: string;
  readonly region: string;
  readonly traits: StoreTraits;
  readonly anonymousTraits: AnonymousReadTraits;
}

function describeServer({ name, product, originHost, region, traits, anonymousTraits }: RealServer): void {
  describeReal(name, [product], () => {
    let store: RunningStore;
    beforeAll(async () => {
      const folder = await mkdtemp(join(tmpdir(), `${product}-`));
      const settings = {
        storeName: "primary",
        bucketName: "conformance",
        region,
        originHost,
        folder,
      } as const;
      store = await startStore(product, settings);
    }, SERVER_MILLISECONDS);
    afterAll(async () => {
      await store?.stop();
    }, SERVER_MILLISECONDS);
    describeAnonymousReads(name, () => ({ store, originHost }), anonymousTraits);
    for (const [client, open] of Object.entries(CLIENTS)) {
      describeObjectClientConformance(`${client} on ${name}`, () => openNewBucket(store, open), traits);
    }
  });
}

describeServer({
  name: "MinIO",
  product: "minio",
  originHost: "conformance.example.test",
  region: "us-east-1",
  anonymousTraits: { missingKeyStatus: 404 },
  traits: {
    cannotHold: [
      "two slashes in a row",
      "a dot segment",
      "a parent segment",
      "a leading slash",
      "a segment over 255 bytes",
    ],
    // An object whose name ends in "/" is a folder to MinIO: no parts, and one version, which a write or delete destroys.
    cannotHoldInParts: ["a directory marker"],
    keepsNoVersionsOf: ["a directory marker"],
    expiresThatIsNoDate: "dropped",
    stacksMarkers: false,
    marksUnknownKeys: false,
    tellsMarkersWhenSuspended: false,
    tagsInAnyLanguage: false,
    noticesChangesDuringUpload: false,
  },
});

describeServer({
  name: "LocalStack",
  product: "localstack",
  originHost: "conformance.s3.eu-central-1.amazonaws.com",
  region: "eu-central-1",
  anonymousTraits: { checksPermissions: false },
  traits: {
    expiresThatIsNoDate: "refused",
    countsTagsOfCurrent: false,
    deletesGoneVersions: false,
    limitsTags: false,
    completesOneAtATime: false,
    versionOrderNeedsMilliseconds: 1100,
  },
});
