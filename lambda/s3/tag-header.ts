import type { ObjectTags } from "./object-client";

/** Tags as the `x-amz-tagging` header carries them. */
export function encodeTags(tags: ObjectTags): string {
  return Object.entries(tags)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join("&");
}
