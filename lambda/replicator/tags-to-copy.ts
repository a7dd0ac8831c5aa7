import type { ObjectClient, ObjectContent, ObjectTags } from "../s3/object-client";
import { StoreError } from "../s3/store-error";

export interface TagSource {
  readonly source: ObjectClient;
  /** Whether a store tells with an object how many tags it has: not every server does, nor to every reader. */
  readonly countsTags: { readonly source: boolean; readonly destination: boolean };
}

/** The tags of this version; asked for only where there may be any. Undefined when there are none. */
export async function tagsToCopy(
  { source, countsTags }: TagSource,
  key: string,
  { versionId, tagCount }: Pick<ObjectContent, "versionId"> & { readonly tagCount?: number },
): Promise<ObjectTags | undefined> {
  if (tagCount === 0 && countsTags.source) return undefined;
  try {
    const tags = await source.tags(key, { versionId });
    return Object.keys(tags).length === 0 ? undefined : tags;
  } catch (error) {
    // A server that knows no tags at all.
    if (error instanceof StoreError && error.code === "NotImplemented") return undefined;
    throw error;
  }
}
