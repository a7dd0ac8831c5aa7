import type { ObjectTags } from "../s3/object-client";

export function sameTags(left: ObjectTags, right: ObjectTags): boolean {
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => left[name] === right[name]);
}
