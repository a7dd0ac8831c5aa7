import { type BatchOutcome, batchCanName, GREATEST_BATCH, inOrderOfTargets } from "../batch-delete";
import { errorKind } from "../error-kind";
import type { BatchDeleteResult, DeleteResult, DeleteTarget } from "../object-client";
import { malformed, type RequestDescription, storeError } from "../request-failure";
import { StoreError } from "../store-error";
import { documentCall } from "./document-call";
import { type BatchElement, readBatch } from "./documents";
import type { ThinSession } from "./thin-session";
import { encodeText } from "./xml-text";

/** Deletes; each method is the one of `ObjectClient`. */
export class ThinDeletes {
  constructor(private readonly session: ThinSession) {}

  public async delete({ key, versionId }: DeleteTarget): Promise<DeleteResult> {
    const request = this.session.describe("DeleteObject", key);
    const { headers } = await this.session.send(request, { method: "DELETE", key, query: { versionId } });
    // The answer to the removal of a delete marker names that one.
    const placed = versionId === undefined && headers.deleteMarker;
    return placed ? { markerVersionId: headers.versionId ?? "null" } : {};
  }

  public async deleteBatch(targets: readonly DeleteTarget[]): Promise<readonly BatchDeleteResult[]> {
    const request = this.session.describe("DeleteObjects");
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
  }

  private async deleteNamed(
    targets: readonly DeleteTarget[],
    request: RequestDescription,
  ): Promise<BatchOutcome[]> {
    const objects = targets.map(({ key, versionId }) => {
      const version = versionId === undefined ? "" : `<VersionId>${encodeText(versionId)}</VersionId>`;
      return `<Object><Key>${encodeText(key)}</Key>${version}</Object>`;
    });
    const call = { ...documentCall("POST", `<Delete>${objects.join("")}</Delete>`), query: { delete: "" } };
    const elements = await this.session.read(request, call, readBatch);
    return elements.map((element) => outcomeOf(element, request));
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

function outcomeOf(
  { key, versionId, error, markerVersionId }: BatchElement,
  request: RequestDescription,
): BatchOutcome {
  if (error === undefined)
    return { key, versionId, result: markerVersionId === undefined ? {} : { markerVersionId } };
  const { code, message } = error;
  // A single outcome has a code and no status.
  const kind = errorKind(request.operation, 400, code);
  const words = [code, message].filter(Boolean).join(": ");
  return { key, versionId, result: { error: storeError(kind, words, { ...request, key }, { code }) } };
}

/** Whether it was deleted is not known: like an answer that was lost. */
function untold(request: RequestDescription): StoreError {
  return malformed(request, "the answer does not tell what became of it");
}
