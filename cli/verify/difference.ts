import { travellingHeaders } from "../../lambda/replicator/stamp";
import type { ObjectHead, ObjectHeaders, ObjectTags } from "../../lambda/s3/object-client";

/** What two objects of one key may differ in. */
export const ASPECTS = ["presence", "size", "etag", "headers", "metadata", "bytes", "tags"] as const;

export type Aspect = (typeof ASPECTS)[number];

/** One sentence about one aspect; "source" and "destination" are the sides. */
export interface Finding {
  readonly aspect: Aspect;
  readonly detail: string;
}

/** A key that is not equal on both sides. */
export interface Difference {
  readonly key: string;
  readonly findings: readonly Finding[];
}

/** What listings tell of an object, and heads too. */
export type Outline = Pick<ObjectHead, "etag" | "size">;

/** Longer values are cut: a difference is a pointer, not a copy. */
const SHOWN_CHARACTERS = 80;

const HEADER_NAMES = {
  contentType: "content-type",
  cacheControl: "cache-control",
  contentDisposition: "content-disposition",
  contentEncoding: "content-encoding",
  contentLanguage: "content-language",
  expires: "expires",
} as const satisfies Record<Exclude<keyof ObjectHeaders, "metadata">, string>;

/** A key that one side lacks; none when both have it. */
export function presenceFindings(source: boolean, destination: boolean): readonly Finding[] {
  if (source === destination) return [];
  return [{ aspect: "presence", detail: source ? "only on the source" : "only on the destination" }];
}

/** What sizes and ETags tell. */
export function outlineFindings(source: Outline, destination: Outline): readonly Finding[] {
  if (source.size !== destination.size) {
    return [
      {
        aspect: "size",
        detail: `${source.size} bytes on the source, ${destination.size} on the destination`,
      },
    ];
  }
  if (source.etag === destination.etag) return [];
  const uncertain =
    isWhole(source.etag) && isWhole(destination.etag)
      ? ""
      : "; they were made in different ways, only --deep can tell whether the bytes differ";
  return [
    {
      aspect: "etag",
      detail: `"${source.etag}" on the source, "${destination.etag}" on the destination${uncertain}`,
    },
  ];
}

/** Headers and user metadata, stamps left out. */
export function headerFindings(source: ObjectHeaders, destination: ObjectHeaders): readonly Finding[] {
  const [left, right] = [travellingHeaders(source), travellingHeaders(destination)];
  const named = (headers: ObjectHeaders) =>
    Object.fromEntries(
      Object.entries(HEADER_NAMES).map(([field, name]) => [
        name,
        headers[field as keyof typeof HEADER_NAMES],
      ]),
    );
  return [
    ...mapFindings("headers", named(left), named(right)),
    ...mapFindings("metadata", left.metadata, right.metadata),
  ];
}

export function tagFindings(source: ObjectTags, destination: ObjectTags): readonly Finding[] {
  return mapFindings("tags", source, destination);
}

type Values = Readonly<Record<string, string | undefined>>;

function mapFindings(aspect: Aspect, source: Values, destination: Values): readonly Finding[] {
  const names = [...new Set([...Object.keys(source), ...Object.keys(destination)])].sort();
  return names
    .filter((name) => source[name] !== destination[name])
    .map((name) => ({
      aspect,
      detail: `${name}: ${shown(source[name])} on the source, ${shown(destination[name])} on the destination`,
    }));
}

function shown(value: string | undefined): string {
  if (value === undefined) return "absent";
  return JSON.stringify(value.length > SHOWN_CHARACTERS ? `${value.slice(0, SHOWN_CHARACTERS)}…` : value);
}

/** An object that was put whole has the MD5 of its bytes; one of n parts ends in `-n`, whatever its bytes are. */
function isWhole(etag: string): boolean {
  return !/-\d+$/.test(etag);
}
