import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "@jest/globals";
import { VersionedBucket } from "../../../drill/local-cloud/embedded/versioned-bucket";
import { startEmbeddedStore } from "../../../drill/local-cloud/embedded-store";
import type { RunningStore } from "../../../drill/local-cloud/running-store";
import { describeAnonymousReads } from "../../support/anonymous-reads";
import { openEmbeddedStore } from "../../support/embedded-conformance";
import { InMemoryObjectClient } from "../../support/in-memory-object-client";
import { describeObjectClientConformance } from "../../support/object-client-conformance";
import { CLIENTS } from "../../support/opened-store";
import { inMemoryWriter } from "../../support/store-writer";

describeObjectClientConformance("the in-memory client", () => {
  const client = new InMemoryObjectClient();
  const unversioned = new VersionedBucket<Buffer>({ clock: Date.now, nextVersionId: () => "unused" });
  return {
    client,
    writer: inMemoryWriter(client.contents),
    openUnversioned: async () => new InMemoryObjectClient({ bucket: unversioned }),
    close: async () => client.close(),
  };
});

describe("the embedded store", () => {
  const originHost = "conformance.example.test";
  let store: RunningStore;
  beforeAll(async () => {
    store = await startEmbeddedStore({
      storeName: "primary",
      bucketName: "conformance",
      region: "eu-central-1",
      originHost,
      folder: await mkdtemp(join(tmpdir(), "embedded-")),
    });
  }, 60_000);
  afterAll(async () => {
    await store?.stop();
  });
  describeAnonymousReads("the embedded store", () => ({ store, originHost }));
});

for (const [name, open] of Object.entries(CLIENTS)) {
  describeObjectClientConformance(`${name} on the embedded store`, () => openEmbeddedStore(open));
}
