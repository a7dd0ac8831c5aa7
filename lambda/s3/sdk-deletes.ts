import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  type DeleteObjectsCommandOutput,
} from "@aws-sdk/client-s3";
import { type BatchOutcome, batchCanName, GREATEST_BATCH, inOrderOfTargets } from "./batch-delete";
import { errorKind } from "./error-kind";
import type { BatchDeleteResult, DeleteResult, DeleteTarget } from "./object-client";
import { malformed, type RequestDescription, storeError } from "./request-failure";
import { captureAnswer, sendContentMd5 } from "./sdk-middleware";
import type { SdkSession } from "./sdk-session";
import { StoreError } from "./store-error";

/** Deletes on the SDK; each method is the one of `ObjectClient`. */
export class SdkDeletes {
  constructor(private readonly session: SdkSession) {}

  public delete({ key, versionId }: DeleteTarget): Promise<DeleteResult> {
    const request = this.session.describe("DeleteObject", key);
    return this.session.perform(request, async () => {
      const input = { Bucket: this.session.bucket, Key: key, VersionId: versionId };
      const answer = await this.session.client.send(new DeleteObjectCommand(input));
      // The answer to the removal of a delete marker names that one.
      const placed = versionId === undefined && answer.DeleteMarker === true;
      return placed ? { markerVersionId: answer.VersionId ?? "null" } : {};
    });
  }

  public deleteBatch(targets: readonly DeleteTarget[]): Promise<readonly BatchDeleteResult[]> {
    const request = this.session.describe("DeleteObjects");
    return this.session.perform(request, async () => {
      if (targets.length > GREATEST_BATCH) {
        throw storeError("refused", `${targets.length} targets; at most ${GREATEST_BATCH}`, request);
      }
      const named = targets.filter(({ key }) => batchCanName(key));
      const outcomes = named.length === 0 ? [] : await this.deleteNamed(named, request);
      const results = inOrderOfTargets(targets, outcomes);
      const settle = async (target: DeleteTarget, index: number): Promise<BatchDeleteResult> => {
        if (!batchCanName(target.key)) return this.deleteAlone(target);
        return results[index] ?? { error: untold(this.session.describe("DeleteObjects", target.key)) };
      };
      return Promise.all(targets.map(settle));
    });
  }

  private async deleteNamed(
    targets: readonly DeleteTarget[],
    request: RequestDescription,
  ): Promise<BatchOutcome[]> {
    const Objects = targets.map(({ key, versionId }) => ({ Key: key, VersionId: versionId }));
    const command = new DeleteObjectsCommand({ Bucket: this.session.bucket, Delete: { Objects } });
    sendContentMd5(command);
    const captured = captureAnswer(command);
    const answer = await this.session.client.send(command);
    if (!captured.document.includes("<DeleteResult")) {
      throw malformed(request, "the answer is no result of a batch");
    }
    return outcomesOf(answer, request);
  }

  private async deleteAlone(target: DeleteTarget): Promise<BatchDeleteResult> {
    try {
      return await this.delete(target);
    } catch (error) {
      if (error instanceof StoreError) return { error };
      throw error;
    }
  }
}

function outcomesOf(answer: DeleteObjectsCommandOutput, request: RequestDescription): BatchOutcome[] {
  const deleted = (answer.Deleted ?? []).map((one): BatchOutcome => {
    const versionId = one.VersionId || undefined;
    const placed = versionId === undefined && one.DeleteMarker === true;
    const result = placed ? { markerVersionId: one.DeleteMarkerVersionId ?? "null" } : {};
    return { key: one.Key ?? "", versionId, result };
  });
  const failed = (answer.Errors ?? []).map(({ Key: key = "", VersionId, Code: code, Message }) => {
    // A single outcome has a code and no status.
    const kind = errorKind(request.operation, 400, code);
    const error = storeError(kind, [code, Message].filter(Boolean).join(": "), { ...request, key }, { code });
    return { key, versionId: VersionId || undefined, result: { error } };
  });
  return [...deleted, ...failed];
}

/** Whether it was deleted is not known: like an answer that was lost. */
function untold(request: RequestDescription): StoreError {
  return malformed(request, "the answer does not tell what became of it");
}
