import { describe, expect, it } from "@jest/globals";
import { STAMP_METADATA_KEY } from "../../../contract/stamp";
import {
  metadataBytes,
  originOf,
  sameHeaders,
  stampedHeaders,
  travellingHeaders,
} from "../../../lambda/replicator/stamp";
import type { ObjectHead, ObjectHeaders } from "../../../lambda/s3/object-client";

const HEADERS: ObjectHeaders = {
  contentType: "text/css",
  cacheControl: "max-age=60",
  contentDisposition: 'attachment; filename="a b.css"',
  contentEncoding: "gzip",
  contentLanguage: "de",
  expires: "0",
  metadata: { author: "x", colour: "blue" },
};
const ORIGIN = { storeId: "store-a1", versionId: "v7", etag: "abc" };
const COPY = { ...ORIGIN, copyId: "c1" };

const replica = (change: Partial<ObjectHead> = {}, headers: Partial<ObjectHeaders> = {}): ObjectHead => {
  const stamped = stampedHeaders("key", HEADERS, "abc", COPY);
  const metadata = { ...stamped.metadata, ...headers.metadata };
  const all = { ...stamped, ...headers, metadata };
  return { etag: "abc", size: 3, lastModified: new Date(0), versionId: "r1", headers: all, ...change };
};

describe("a stamp", () => {
  it("names the original of an untouched replica", () => {
    expect(originOf("key", replica())).toEqual(ORIGIN);
  });

  it.each([
    ["other content", replica({ etag: "other" })],
    ["another content type", replica({}, { contentType: "text/plain" })],
    ["another cache control", replica({}, { cacheControl: undefined })],
    ["another disposition", replica({}, { contentDisposition: "inline" })],
    ["another encoding", replica({}, { contentEncoding: "br" })],
    ["another language", replica({}, { contentLanguage: "fr" })],
    ["another expiry", replica({}, { expires: "1" })],
    ["changed metadata", replica({}, { metadata: { author: "y" } })],
    ["added metadata", replica({}, { metadata: { more: "1" } })],
    ["a stamp of another format", replica({}, { metadata: { [STAMP_METADATA_KEY]: "2 a b c d e" } })],
    ["a stamp that is cut", replica({}, { metadata: { [STAMP_METADATA_KEY]: "1 store-a1 v7 abc c1" } })],
  ])("does not count on an object that kept it and has %s", (_what, head) => {
    expect(originOf("key", head)).toBeUndefined();
  });

  it("does not count under another key, to which a client copied the replica", () => {
    expect(originOf("other", replica())).toBeUndefined();
  });

  it.each([
    ["another original", "v7", "v8"],
    ["another copy", "c1", "c2"],
  ])("does not count when it was changed to name %s", (_what, from, to) => {
    const stamp = replica().headers.metadata[STAMP_METADATA_KEY] ?? "";
    const forged = replica({}, { metadata: { [STAMP_METADATA_KEY]: stamp.replace(from, to) } });
    expect(originOf("key", forged)).toBeUndefined();
  });

  it("is no difference between an original and its replica, and is never stamped over", () => {
    const again = stampedHeaders("key", replica().headers, "abc", { ...COPY, storeId: "store-b2" });
    expect(sameHeaders(HEADERS, replica().headers)).toBe(true);
    expect(travellingHeaders(again)).toEqual(travellingHeaders(HEADERS));
  });

  it("counts against the size of user metadata, prefix included", () => {
    const plain = { metadata: { a: "é" } };
    expect(metadataBytes(plain)).toBe("x-amz-meta-a".length + 2);
    expect(metadataBytes(stampedHeaders("key", plain, "abc", COPY))).toBeGreaterThan(90);
  });
});
