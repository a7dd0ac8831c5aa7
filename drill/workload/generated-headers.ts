import type { ObjectHeaders, ObjectTags } from "../../lambda/s3/object-client";

export interface GeneratedHeaders {
  readonly headers: ObjectHeaders;
  readonly tags: ObjectTags;
  /** Whether the content must really be gzip, as the headers claim. */
  readonly gzipped: boolean;
}

const PLAIN: ObjectHeaders = { contentType: "application/octet-stream", metadata: {} };

/** Headers that copies are known to lose or to spoil; each kind occurs every so many objects. */
const KINDS: readonly GeneratedHeaders[] = [
  kind(PLAIN),
  kind({ metadata: {} }),
  kind({
    contentType: "text/html; charset=utf-8",
    cacheControl: "public, max-age=300, stale-while-revalidate=60",
    metadata: {},
  }),
  kind({
    contentType: "text/css",
    cacheControl: "public, max-age=31536000, immutable",
    metadata: { "built-by": "press  7" },
  }),
  kind(
    { contentType: "application/json", contentEncoding: "gzip", cacheControl: "no-cache", metadata: {} },
    {},
    true,
  ),
  kind({
    contentType: "application/pdf",
    contentDisposition: `attachment; filename="annual report.pdf"; filename*=UTF-8''annual%20report%20%E2%82%AC.pdf`,
    contentLanguage: "de-AT, en",
    metadata: { "shelf-mark": "QA 76.9 .D3", author: 'O\'Neil, "Pat"; et al.', checksum: "a=b&c=d/e+f" },
  }),
  kind({ contentType: "image/svg+xml", expires: "Thu, 01 Dec 2033 16:00:00 GMT", metadata: {} }),
  kind({ contentType: "text/plain", expires: "0", cacheControl: "private, no-store", metadata: {} }),
  kind({
    contentType: "image/webp",
    metadata: { "with.dots": "1", under_score: "2", "x-y-z": "~!@#$%^*()[]{}|:;,.<>?" },
  }),
  kind(
    { contentType: "text/plain", metadata: {} },
    { collection: "maps and charts", state: "checked/2024+1", note: "" },
  ),
  kind(
    { contentType: "application/octet-stream", metadata: { long: "0123456789".repeat(120) } },
    { owner: "archive@example.com" },
  ),
  kind(
    {
      contentType: "text/html",
      contentLanguage: "ja",
      contentDisposition: "inline",
      contentEncoding: "gzip",
      cacheControl: "max-age=0",
      expires: "-1",
      metadata: { everything: "at once" },
    },
    { every: "header", and: "tags" },
    true,
  ),
];

function kind(headers: ObjectHeaders, tags: ObjectTags = {}, gzipped = false): GeneratedHeaders {
  return { headers, tags, gzipped };
}

/** The headers of the object at this position; without `rawExpires`, an `Expires` that is no date is left out. */
export function generatedHeaders(index: number, rawExpires: boolean): GeneratedHeaders {
  const chosen = KINDS[index % KINDS.length] ?? kind(PLAIN);
  const { expires, ...others } = chosen.headers;
  return rawExpires || expires === undefined || expires.endsWith("GMT")
    ? chosen
    : { ...chosen, headers: others };
}
