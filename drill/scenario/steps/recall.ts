import { GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { listVersions } from "../../comparison/list-versions";
import { connectStore } from "../../workload/store-access";
import { type ScenarioStage, StepFailedError } from "../scenario-stage";
import type { StepOf } from "../step-schema";

/** A person looks for what a key held before. @throws StepFailedError when no older version holds it */
export async function recall({ stores }: ScenarioStage, step: StepOf<"recall">): Promise<void> {
  const store = stores.running[step.store];
  const client = connectStore(store);
  try {
    const older = await olderVersions(client, store.bucketName, step.key);
    for (const versionId of older) {
      const answer = await client.send(
        new GetObjectCommand({ Bucket: store.bucketName, Key: step.key, VersionId: versionId }),
      );
      if ((await answer.Body?.transformToString()) === step.body) return;
    }
    throw new StepFailedError(
      `none of the ${older.length} older versions of "${step.key}" on the ${step.store} holds "${step.body}"`,
    );
  } finally {
    client.destroy();
  }
}

async function olderVersions(client: S3Client, bucket: string, key: string): Promise<readonly string[]> {
  const versions: string[] = [];
  for await (const version of listVersions(client, bucket)) {
    if (version.key === key && !version.isLatest && !version.isDeleteMarker) versions.push(version.versionId);
  }
  return versions;
}
