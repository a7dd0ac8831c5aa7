import type { ObjectClient } from "../s3/object-client";
import type { RecordedUpload, UploadJournal } from "./upload-journal";

/** How far the runner's clock and the store's may differ, in milliseconds: S3 refuses requests beyond that. */
const CLOCK_TOLERANCE_MILLISECONDS = 15 * 60_000;

/** How long after it was put on record an upload may have been created, in milliseconds: a function lives no longer. */
const LIFETIME_MILLISECONDS = 15 * 60_000;

/**
 * Aborts what earlier runs began and nobody went on with. Only uploads on record: others are not ours.
 *
 * @param inherited - on record when this run began
 */
export async function abortAbandoned(
  inherited: readonly RecordedUpload[],
  journal: UploadJournal,
  destination: ObjectClient,
  confirm: () => Promise<void>,
): Promise<void> {
  const recorded = new Set((await journal.recorded()).map(({ id }) => id));
  for (const upload of inherited) {
    // Completed by this run.
    if (!recorded.has(upload.id)) continue;
    for (const uploadId of await idsOf(upload, destination)) {
      await confirm();
      await destination.abortUpload(upload.key, uploadId);
    }
    await journal.forget(upload);
  }
}

/** A crash between the creation of an upload and the record of its id leaves key and time. */
async function idsOf(upload: RecordedUpload, destination: ObjectClient): Promise<readonly string[]> {
  if (upload.uploadId !== undefined) return [upload.uploadId];
  const begunAt = Date.parse(upload.begunAt);
  const open = await destination.uploads(upload.key);
  return open
    .filter(({ initiated }) => {
      const age = initiated.getTime() - begunAt;
      return (
        age >= -CLOCK_TOLERANCE_MILLISECONDS && age <= CLOCK_TOLERANCE_MILLISECONDS + LIFETIME_MILLISECONDS
      );
    })
    .map(({ uploadId }) => uploadId);
}
