import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startStore } from "../../drill/local-cloud/start-store";
import { describeObjectClientConformance } from "../support/object-client-conformance";
import { openRunningStore } from "../support/opened-store";
import { describeReal } from "../support/real-stores";

async function open(product: "minio" | "localstack", originHost: string, region: string) {
  const folder = await mkdtemp(join(tmpdir(), `${product}-`));
  const settings = { storeName: "primary", bucketName: "conformance", region, originHost, folder } as const;
  return openRunningStore(await startStore(product, settings));
}

describeReal("MinIO", ["minio"], () => {
  describeObjectClientConformance(
    "the SDK client on MinIO",
    () => open("minio", "conformance.example.test", "us-east-1"),
    {
      cannotHold: [
        "two slashes in a row",
        "a dot segment",
        "a parent segment",
        "a leading slash",
        "a segment over 255 bytes",
      ],
      expiresThatIsNoDate: "dropped",
      stacksMarkers: false,
    },
  );
});

describeReal("LocalStack", ["localstack"], () => {
  describeObjectClientConformance(
    "the SDK client on LocalStack",
    () => open("localstack", "conformance.s3.eu-central-1.amazonaws.com", "eu-central-1"),
    {
      expiresThatIsNoDate: "refused",
      countsTagsOfCurrent: false,
      versionOrderNeedsMilliseconds: 1100,
    },
  );
});
