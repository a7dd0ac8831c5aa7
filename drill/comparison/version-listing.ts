import { XMLParser } from "fast-xml-parser";

/** One entry of a version listing, in the order of the answer: newest first for each key. */
export interface VersionEntry {
  readonly key: string;
  readonly versionId: string;
  readonly isDeleteMarker: boolean;
  readonly isLatest: boolean;
  /** Without quotes; absent for a delete marker. */
  readonly etag?: string;
  /** Bytes; absent for a delete marker. */
  readonly size?: number;
}

export interface VersionPage {
  readonly entries: readonly VersionEntry[];
  /** Where the next page begins; absent on the last. */
  readonly next?: { readonly keyMarker: string; readonly versionIdMarker?: string };
}

/** The answer is no version listing, or says more than can be read safely. */
export class VersionListingError extends Error {
  public override readonly name = "VersionListingError";
}

const parser = new XMLParser({
  preserveOrder: true,
  parseTagValue: false,
  trimValues: false,
  ignoreDeclaration: true,
});

/**
 * Reads the XML of ListObjectVersions (asked for with `encoding-type=url`). The SDK sorts versions and delete
 * markers into two lists and so loses which of them is newer; the text still knows.
 *
 * @throws VersionListingError
 */
export function parseVersionPage(xml: string): VersionPage {
  const root = childrenOf(parser.parse(xml), "ListVersionsResult");
  if (root === undefined) {
    throw new VersionListingError(
      `the store's answer is no version listing: ${JSON.stringify(xml.slice(0, 200))}`,
    );
  }
  const encoded = textOf(root, "EncodingType") === "url";
  const decode = (text: string) => (encoded ? decodeURIComponent(text.replaceAll("+", " ")) : text);
  const entries = root.flatMap((node) => {
    const isDeleteMarker = "DeleteMarker" in node;
    const fields = childrenOf([node], isDeleteMarker ? "DeleteMarker" : "Version");
    return fields ? [entry(fields, isDeleteMarker, decode)] : [];
  });
  if (textOf(root, "IsTruncated") !== "true") {
    return { entries };
  }
  const keyMarker = textOf(root, "NextKeyMarker");
  if (keyMarker === undefined) {
    throw new VersionListingError("the listing is truncated and does not say where it goes on");
  }
  return {
    entries,
    next: { keyMarker: decode(keyMarker), versionIdMarker: textOf(root, "NextVersionIdMarker") },
  };
}

function entry(
  fields: readonly object[],
  isDeleteMarker: boolean,
  decode: (text: string) => string,
): VersionEntry {
  const key = textOf(fields, "Key");
  const versionId = textOf(fields, "VersionId");
  if (key === undefined || versionId === undefined) {
    throw new VersionListingError("an entry of the listing has no key or no version id");
  }
  const common = {
    key: decode(key),
    versionId,
    isDeleteMarker,
    isLatest: textOf(fields, "IsLatest") === "true",
  };
  const etag = textOf(fields, "ETag")?.replaceAll(/"|&quot;|&#(?:34|x22);/gi, "");
  return isDeleteMarker ? common : { ...common, etag, size: Number(textOf(fields, "Size")) };
}

/** The parser gives each element as an object with one property, its name, whose value is the list of its children. */
function childrenOf(nodes: unknown, name: string): readonly object[] | undefined {
  const found: unknown = Array.isArray(nodes)
    ? nodes.find((node) => isObject(node) && name in node)
    : undefined;
  const children: unknown = isObject(found) ? Reflect.get(found, name) : undefined;
  return Array.isArray(children) ? children.filter(isObject) : undefined;
}

function textOf(nodes: readonly object[], name: string): string | undefined {
  const children = childrenOf(nodes, name);
  const texts = children
    ?.map((child): unknown => Reflect.get(child, "#text"))
    .filter((text) => typeof text === "string");
  return texts?.join("");
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
