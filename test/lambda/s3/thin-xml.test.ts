import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { XMLParser } from "fast-xml-parser";
import { decodeUploadKey } from "../../../lambda/s3/listed-keys";
import {
  readBatch,
  readCompleted,
  readError,
  readParts,
  readTags,
  readUploadId,
  readUploads,
  readVersioning,
  readVersions,
} from "../../../lambda/s3/thin/documents";
import { isoTime } from "../../../lambda/s3/thin/iso-time";
import { readListing } from "../../../lambda/s3/thin/listing-xml";
import { XmlError } from "../../../lambda/s3/thin/xml-reader";
import { encodeText } from "../../../lambda/s3/thin/xml-text";

const RUNS = { numRuns: 200, seed: 7 };

/** A maintained reader; everything stays text, and what may come several times is a list. */
const oracle = new XMLParser({
  parseTagValue: false,
  trimValues: false,
  ignoreDeclaration: true,
  ignoreAttributes: true,
  htmlEntities: true,
  isArray: (name) => LISTS.has(name),
});
const LISTS: ReadonlySet<string> = new Set([
  "Contents",
  "Version",
  "Tag",
  "Part",
  "Upload",
  "Deleted",
  "Error",
]);

type Element = Readonly<Record<string, string>>;

/** Text that XML can carry and that both readers keep: no control characters, no surrogates, not only white space. */
const text = fc
  .oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
    fc.string({
      unit: fc.constantFrom(...Array.from("<>&\"';#x a/é\u{1F600}]-!")),
      minLength: 1,
      maxLength: 20,
    }),
  )
  .filter((value) => value.trim() === value && value !== "" && !/[\p{Cc}\p{Cs}\uFFFD-\uFFFF]/u.test(value));

/** A name that would be a property of every object is a key like any other. */
const key = fc.oneof({ weight: 20, arbitrary: text }, fc.constantFrom("__proto__", "constructor"));
const etag = fc.oneof(fc.stringMatching(/^[0-9a-f]{32}$/), fc.stringMatching(/^[0-9a-f]{32}-[1-9]{1,3}$/));
const time = fc
  .tuple(fc.integer({ min: 0, max: 4_102_444_800_000 }), fc.boolean())
  .map(([now, withFraction]) => {
    const iso = new Date(now).toISOString();
    return withFraction ? iso : iso.replace(/\.\d+/, "");
  });
const size = fc.oneof(fc.nat(), fc.maxSafeNat()).map(String);
const flag = fc.boolean().map(String);

/** How one server writes: which references it uses, whether it indents, and what else it puts into a document. */
interface Hand {
  readonly quote: string;
  readonly indent: string;
  readonly declaration: string;
  readonly attribute: string;
  readonly comment: string;
  readonly numeric: boolean;
}

const hand: fc.Arbitrary<Hand> = fc.record({
  quote: fc.constantFrom("&quot;", "&#34;", "&#x22;", '"', ""),
  indent: fc.constantFrom("", "", "\n  "),
  declaration: fc.constantFrom("", '<?xml version="1.0" encoding="UTF-8"?>', '<?xml version="1.0"?>\n'),
  attribute: fc.constantFrom("", ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"', " a='>' b=\"/\""),
  comment: fc.constantFrom("", "", "<!-- <Key>no</Key> -->"),
  numeric: fc.boolean(),
});

function escaped(value: string, { numeric }: Hand): string {
  if (!numeric) return encodeText(value);
  return value.replace(/[&<>]/g, (character) => `&#x${character.charCodeAt(0).toString(16)};`);
}

function written(name: string, fields: Element, by: Hand): string {
  const inside = Object.entries(fields).map(([field, value]) => {
    if (value === "") return `<${field}/>`;
    if (field === "ETag") return `<ETag>${by.quote}${value}${by.quote}</ETag>`;
    return `<${field}>${escaped(value, by)}</${field}>`;
  });
  return `<${name}>${by.indent}${inside.join(by.indent)}${by.indent}</${name}>`;
}

function documentOf(root: string, by: Hand, children: readonly string[]): string {
  return `${by.declaration}<${root}${by.attribute}>${by.comment}${children.join(by.indent)}</${root}>`;
}

type Parsed = Readonly<Record<string, string | undefined>>;
type ParsedDocument = Parsed & Readonly<Record<string, readonly Parsed[] | undefined>>;

function parsed(document: string, root: string): ParsedDocument {
  const tree = oracle.parse(document) as Record<string, ParsedDocument | "">;
  return tree[root] || ({} as ParsedDocument);
}

const bare = (value = "") => value.replace(/^"(.*)"$/, "$1");
const moment = (value = "") => Date.parse(value);

/** Generates children of the given shape in the order of the shape, and sometimes shuffled. */
function children(name: string, shape: Record<string, fc.Arbitrary<string>>, by: fc.Arbitrary<Hand>) {
  const fields = fc.tuple(fc.record(shape), fc.boolean(), fc.boolean()).map(([record, reversed, extra]) => {
    const entries = Object.entries(record);
    if (extra) entries.splice(1, 0, ["StorageClass", "STANDARD"], ["ChecksumAlgorithm", ""]);
    return Object.fromEntries(reversed ? entries.toReversed() : entries);
  });
  return fc.tuple(fc.array(fields, { maxLength: 8 }), by).map(([list, one]) => ({
    one,
    list: list.map((element) => written(name, element, one)),
  }));
}

/** A document of one kind, with any number of one kind of child, and settings before or after them. */
function page(
  root: string,
  name: string,
  shape: Record<string, fc.Arbitrary<string>>,
  settings: Record<string, fc.Arbitrary<string>>,
) {
  return fc
    .tuple(children(name, shape, hand), fc.record(settings), fc.boolean())
    .map(([{ one, list }, values, last]) => {
      const named = Object.entries(values).map(
        ([field, value]) => `<${field}>${escaped(value, one)}</${field}>`,
      );
      return documentOf(root, one, last ? [...list, ...named] : [...named, ...list]);
    });
}

const listing = page(
  "ListBucketResult",
  "Contents",
  { Key: key, LastModified: time, ETag: etag, Size: size },
  { IsTruncated: flag, Name: fc.constant("bucket"), Prefix: key },
);
const versionShape = { Key: key, VersionId: key, IsLatest: flag, LastModified: time, ETag: etag };
const versions = page("ListVersionsResult", "Version", versionShape, {
  IsTruncated: flag,
  NextKeyMarker: key,
});
const parts = page(
  "ListPartsResult",
  "Part",
  { PartNumber: fc.integer({ min: 1, max: 10_000 }).map(String), LastModified: time, ETag: etag, Size: size },
  { UploadId: key, IsTruncated: flag },
);
const uploads = page(
  "ListMultipartUploadsResult",
  "Upload",
  { Key: key, UploadId: key, Initiated: time },
  { IsTruncated: flag, NextKeyMarker: key, NextUploadIdMarker: key },
);
const deleted = page(
  "DeleteResult",
  "Deleted",
  { Key: key, VersionId: fc.constantFrom("", "v"), DeleteMarker: flag, DeleteMarkerVersionId: key },
  {},
);
const failed = page("DeleteResult", "Error", { Key: key, Code: key, Message: key }, {});
const tagging = page("TagSet", "Tag", { Key: key, Value: fc.oneof(key, fc.constant("")) }, {}).map(
  (set) => `<Tagging>${set.slice(set.indexOf("<TagSet"))}</Tagging>`,
);

type Reading = readonly [
  name: string,
  documents: fc.Arbitrary<string>,
  ours: (document: string) => unknown,
  theirs: (document: string) => unknown,
];

const READINGS: readonly Reading[] = [
  [
    "a listing",
    listing,
    (document) => readListing(Buffer.from(document)),
    (document) => {
      const { Name, IsTruncated, Contents = [] } = parsed(document, "ListBucketResult");
      const objects = Contents.map(({ Key, ETag, Size, LastModified }) => {
        return { key: Key, etag: bare(ETag), size: Number(Size), lastModified: moment(LastModified) };
      });
      return { bucket: Name, isTruncated: IsTruncated === "true", objects };
    },
  ],
  [
    "a version stack",
    versions,
    readVersions,
    (document) => {
      const { IsTruncated, NextKeyMarker, Version = [] } = parsed(document, "ListVersionsResult");
      const read = Version.map(({ Key, VersionId, IsLatest, LastModified, ETag }) => {
        const entry = { versionId: VersionId, isDeleteMarker: false, etag: bare(ETag) };
        return {
          key: Key,
          entry: { ...entry, isLatest: IsLatest === "true", lastModified: moment(LastModified) },
        };
      });
      return { versions: read, isTruncated: IsTruncated === "true", nextKey: NextKeyMarker };
    },
  ],
  [
    "a list of parts",
    parts,
    readParts,
    (document) => {
      const { UploadId, IsTruncated, Part = [] } = parsed(document, "ListPartsResult");
      const read = Part.map(({ PartNumber, ETag, Size }) => {
        return { partNumber: Number(PartNumber), etag: bare(ETag), size: Number(Size) };
      });
      return { uploadId: UploadId, isTruncated: IsTruncated === "true", parts: read };
    },
  ],
  [
    "a list of uploads",
    uploads,
    readUploads,
    (document) => {
      const answer = parsed(document, "ListMultipartUploadsResult");
      const read = (answer.Upload ?? []).map(({ Key, UploadId, Initiated }) => {
        return { listedKey: Key, uploadId: UploadId, initiated: moment(Initiated) };
      });
      const next = {
        nextKey: decodeUploadKey(answer.NextKeyMarker ?? ""),
        nextUploadId: answer.NextUploadIdMarker,
      };
      return { uploads: read, isTruncated: answer.IsTruncated === "true", ...next };
    },
  ],
  [
    "tags",
    tagging,
    readTags,
    (document) => {
      const { TagSet } = oracle.parse(document).Tagging as { TagSet: "" | { Tag?: readonly Parsed[] } };
      const list = TagSet === "" ? [] : (TagSet.Tag ?? []);
      return Object.fromEntries(list.map(({ Key, Value }) => [Key, Value]));
    },
  ],
  [
    "what a batch deleted",
    deleted,
    readBatch,
    (document) => {
      const { Deleted = [] } = parsed(document, "DeleteResult");
      return Deleted.map(({ Key, VersionId, DeleteMarker, DeleteMarkerVersionId }) => {
        const placed = DeleteMarker === "true" && !VersionId;
        const marker = placed ? { markerVersionId: DeleteMarkerVersionId } : {};
        return { key: Key, versionId: VersionId || undefined, ...marker };
      });
    },
  ],
  [
    "what a batch could not delete",
    failed,
    readBatch,
    (document) => {
      const { Error: errors = [] } = parsed(document, "DeleteResult");
      return errors.map(({ Key, Code, Message }) => ({ key: Key, error: { code: Code, message: Message } }));
    },
  ],
];

/** Times as numbers, so that both sides compare alike. */
function plain(value: unknown): unknown {
  if (value instanceof Date) return value.getTime();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
}

describe.each(READINGS)("%s", (_, documents, ours, theirs) => {
  it("reads as a maintained parser reads it, in whatever hand it is written", () => {
    fc.assert(
      fc.property(documents, (document) => {
        expect(plain(ours(document))).toEqual(theirs(document));
      }),
      RUNS,
    );
  });

  it("never reads when it is cut off, wherever that is", () => {
    fc.assert(
      fc.property(documents, fc.nat(), (document, at) => {
        expect(() => ours(document.slice(0, at % document.length))).toThrow(XmlError);
      }),
      RUNS,
    );
  });

  it.each([
    "",
    "OK",
    "<html><body>Welcome</body></html>",
    "<Error><Code>InternalError</Code></Error>",
    "<",
    "</a>",
  ])("never reads from %j", (document) => {
    expect(() => ours(document)).toThrow(XmlError);
  });
});

describe("a short answer", () => {
  it.each([
    ["<VersioningConfiguration xmlns='x'><Status>Enabled</Status></VersioningConfiguration>", "enabled"],
    [
      "<VersioningConfiguration><MfaDelete>Disabled</MfaDelete><Status>Suspended</Status></VersioningConfiguration>",
      "suspended",
    ],
    ['<?xml version="1.0"?>\n<VersioningConfiguration xmlns="x"/>', "off"],
    ["<VersioningConfiguration></VersioningConfiguration>", "off"],
  ])("%s is versioning that is %s", (document, versioning) => {
    expect(readVersioning(document)).toBe(versioning);
  });

  it("tells the id of an upload, and the ETag of what it was completed to", () => {
    const begun =
      "<InitiateMultipartUploadResult><Key>k</Key><UploadId>a&amp;b</UploadId></InitiateMultipartUploadResult>";
    expect(readUploadId(begun)).toBe("a&b");
    // S3 keeps the connection alive with white space until it knows.
    const completed =
      '\n  \n<CompleteMultipartUploadResult><ETag>"e-2"</ETag></CompleteMultipartUploadResult>';
    expect(readCompleted(completed)).toBe("e-2");
  });

  it.each(["<VersioningConfiguration><Status>On</Status></VersioningConfiguration>", "<html/>", ""])(
    "%j tells nothing of versioning, uploads or completion",
    (document) => {
      for (const read of [readVersioning, readUploadId, readCompleted]) {
        expect(() => read(document)).toThrow(XmlError);
      }
    },
  );

  it("is an error only when it is one", () => {
    const error =
      "<Error><Code>SlowDown</Code><Message>a &lt;b&gt;</Message><Detail><Code>x</Code></Detail></Error>";
    expect(readError(error)).toEqual({ code: "SlowDown", message: "a <b>", requestId: undefined });
    for (const other of [
      "",
      "<html><Error><Code>x</Code></Error></html>",
      "<Error><Code>x",
      "<Error",
      "{}",
    ]) {
      expect(readError(other)).toBeUndefined();
    }
  });

  it("reads CDATA and comments within text", () => {
    const error = "<Error><Code>a<!-- b -->c<![CDATA[<&amp;>]]></Code></Error>";
    expect(readError(error)?.code).toBe("ac<&amp;>");
  });
});

describe("a time of a listing", () => {
  it("is what Date.parse makes of it", () => {
    fc.assert(
      fc.property(time, fc.string({ maxLength: 5 }), (iso, before) => {
        expect(isoTime(`${before}${iso}<`, before.length, before.length + iso.length)).toBe(Date.parse(iso));
      }),
      RUNS,
    );
  });

  it.each([
    "",
    "2030-01-01",
    "2030-01-01T00:00:00+01:00",
    "2030-01-01 00:00:00Z",
    "2030-01-01T0a:00:00Z",
    "2030/01/01T00:00:00Z",
  ])("is nothing else: %j", (other) => {
    expect(isoTime(other, 0, other.length)).toBeNaN();
  });
});
