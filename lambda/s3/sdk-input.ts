import {
  DEFAULT_CONTENT_TYPE,
  type ObjectHeaders,
  type ObjectTags,
  type WriteCondition,
} from "./object-client";
import { encodeTags } from "./tag-header";

/** What PutObject and CreateMultipartUpload say of the object, `Expires` aside. */
export function objectInput(headers: ObjectHeaders, tags: ObjectTags | undefined) {
  return {
    ContentType: headers.contentType ?? DEFAULT_CONTENT_TYPE,
    CacheControl: headers.cacheControl,
    ContentDisposition: headers.contentDisposition,
    ContentEncoding: headers.contentEncoding,
    ContentLanguage: headers.contentLanguage,
    Metadata: { ...headers.metadata },
    Tagging: tags === undefined ? undefined : encodeTags(tags),
  };
}

export function conditionInput(condition: WriteCondition) {
  return "absent" in condition ? { IfNoneMatch: "*" } : { IfMatch: `"${condition.etag}"` };
}
