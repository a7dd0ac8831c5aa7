import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedStore } from "../../../drill/local-cloud/embedded-store";
import { InMemoryObjectClient } from "../../support/in-memory-object-client";
import { describeObjectClientConformance } from "../../support/object-client-conformance";
import { openRunningStore } from "../../support/opened-store";
import { inMemoryWriter } from "../../support/store-writer";

describeObjectClientConformance("the in-memory client", () => {
  const client = new InMemoryObjectClient();
  return { client, writer: inMemoryWriter(client.contents), close: async () => client.close() };
});

describeObjectClientConformance("the SDK client on the embedded store", async () =>
  openRunningStore(
    await startEmbeddedStore({
      storeName: "primary",
      bucketName: "conformance",
      region: "eu-central-1",
      originHost: "conformance.example.test",
      folder: await mkdtemp(join(tmpdir(), "embedded-")),
    }),
  ),
);
