import { unquote } from "../etag";
import type { ObjectHead } from "../object-client";
import { malformed, type RequestDescription, storeError } from "../request-failure";
import type { AnswerHeaders } from "./answer-headers";

/** What an answer says of its object. */
export function headOf(headers: AnswerHeaders, request: RequestDescription): ObjectHead {
  const { etag, contentLength, lastModified, missingMetadata, partsCount } = headers;
  const time = Date.parse(lastModified ?? "");
  if (!etag || contentLength === undefined || Number.isNaN(time)) {
    throw malformed(request, "the answer has no ETag, length or time");
  }
  if (Number(missingMetadata ?? 0) > 0) {
    throw storeError(
      "refused",
      `${missingMetadata} user metadata entries cannot be shown as headers`,
      request,
    );
  }
  return {
    etag: unquote(etag),
    size: contentLength,
    lastModified: new Date(time),
    versionId: headers.versionId ?? "null",
    ...(partsCount === undefined ? {} : { partCount: Number(partsCount) }),
    headers: {
      contentType: headers.contentType,
      cacheControl: headers.cacheControl,
      contentDisposition: headers.contentDisposition,
      contentEncoding: headers.contentEncoding,
      contentLanguage: headers.contentLanguage,
      expires: headers.expires,
      metadata: headers.metadata(),
    },
  };
}
