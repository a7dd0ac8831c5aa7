import {
  DEFAULT_CONTENT_TYPE,
  type ObjectHeaders,
  type ObjectTags,
  type WriteCondition,
} from "../object-client";
import { encodeTags } from "../tag-header";
import type { HeaderList } from "./signature";

/** What PutObject and CreateMultipartUpload say of the object. */
export function objectHeaders(headers: ObjectHeaders, tags: ObjectTags | undefined): HeaderList {
  const list: HeaderList = ["content-type", headers.contentType ?? DEFAULT_CONTENT_TYPE];
  if (headers.cacheControl !== undefined) list.push("cache-control", headers.cacheControl);
  if (headers.contentDisposition !== undefined) list.push("content-disposition", headers.contentDisposition);
  if (headers.contentEncoding !== undefined) list.push("content-encoding", headers.contentEncoding);
  if (headers.contentLanguage !== undefined) list.push("content-language", headers.contentLanguage);
  if (headers.expires !== undefined) list.push("expires", headers.expires);
  for (const [name, value] of Object.entries(headers.metadata)) {
    list.push(`x-amz-meta-${name.toLowerCase()}`, value);
  }
  if (tags !== undefined) list.push("x-amz-tagging", encodeTags(tags));
  return list;
}

export function pushCondition(list: HeaderList, condition: WriteCondition): void {
  if ("absent" in condition) list.push("if-none-match", "*");
  else list.push("if-match", `"${condition.etag}"`);
}
