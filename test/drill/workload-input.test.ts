import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { FolderInputError, readFolder } from "../../drill/workload/folder-input";
import { generateObjects } from "../../drill/workload/generated-objects";
import { inParallel } from "../../drill/workload/in-parallel";
import { combineInputs, DuplicateKeyError, type SourceObject } from "../../drill/workload/source-object";

const MEBIBYTE = 1024 * 1024;

async function bytesOf(object: SourceObject): Promise<Buffer> {
  return Buffer.concat(await object.open().toArray());
}

async function digestOf(object: SourceObject): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of object.open()) {
    hash.update(chunk);
  }
  return hash.digest("hex");
}

/** MinIO's rules for keys, as far as one key alone can break them. */
function brokenRule(key: string): string | undefined {
  const segments = key.split("/");
  if (Buffer.byteLength(key) > 1024) return "longer than 1,024 bytes";
  if (key.startsWith("/")) return "leading slash";
  if (segments.some((segment) => segment === "")) return "empty segment";
  if (segments.some((segment) => [".", ".."].includes(segment.trim()))) return "dot segment";
  if (segments.some((segment) => Buffer.byteLength(segment) > 255)) return "segment over 255 bytes";
  const control = Array.from(key).some(
    (character) => character < " " || character === "\u007f" || character === "\\",
  );
  return control ? "control character or backslash" : undefined;
}

describe("generated objects", () => {
  const objects = generateObjects({ seed: 1 });

  it("are 2,000 of 0 bytes to 64 MiB, between 150 and 300 MB in all", () => {
    const sizes = objects.map(({ size }) => size);
    const total = sizes.reduce((sum, size) => sum + size, 0);

    expect(objects).toHaveLength(2000);
    expect(Math.min(...sizes)).toBe(0);
    expect(Math.max(...sizes)).toBe(64 * MEBIBYTE);
    expect(sizes.filter((size) => size >= MEBIBYTE && size <= 8 * MEBIBYTE).length).toBeGreaterThan(3);
    expect(sizes.filter((size) => size <= 16 * 1024).length).toBeGreaterThan(1000);
    expect(total).toBeGreaterThan(150e6);
    expect(total).toBeLessThan(300e6);
  });

  it("have keys that MinIO can hold beside each other, whatever the seed and the count", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), fc.integer({ min: 1, max: 400 }), (seed, count) => {
        const keys = generateObjects({ seed, count }).map(({ key }) => key);
        // File systems of laptops fold case and normalize Unicode.
        const folded = new Set(keys.map((key) => key.normalize("NFC").toLowerCase()));
        const folders = new Set(
          keys.flatMap((key) => key.split("/").map((_, depth, all) => all.slice(0, depth).join("/"))),
        );

        expect(keys.map(brokenRule).filter((rule) => rule !== undefined)).toEqual([]);
        expect(folded.size).toBe(count);
        expect(keys.filter((key) => folders.has(key))).toEqual([]);
      }),
      { seed: 20, numRuns: 10 },
    );
  });

  it("include the keys and headers that copies are known to spoil", () => {
    const keys = objects.map(({ key }) => key).join("\n");
    const longest = Math.max(...objects.map(({ key }) => Buffer.byteLength(key)));
    const segments = objects
      .flatMap(({ key }) => key.split("/"))
      .map((segment) => Buffer.byteLength(segment));

    for (const awkward of [
      " ",
      "+",
      "%2F",
      "%252F",
      "?",
      "#",
      '"',
      "'",
      "&",
      "=",
      "~",
      "é",
      "日本",
      "😀",
      "\uFF21",
    ]) {
      expect(keys).toContain(awkward);
    }
    expect(longest).toBeGreaterThan(850);
    expect(Math.max(...segments)).toBe(255);
    for (const header of [
      "cacheControl",
      "contentDisposition",
      "contentEncoding",
      "contentLanguage",
      "expires",
    ] as const) {
      expect(objects.some(({ headers }) => headers[header] !== undefined)).toBe(true);
    }
    expect(objects.some(({ headers }) => headers.contentType === undefined)).toBe(true);
    expect(objects.some(({ headers }) => headers.expires === "0")).toBe(true);
    expect(objects.some(({ tags }) => Object.keys(tags).length > 1)).toBe(true);
  });

  it("have an Expires that is no date only where that is wanted", () => {
    const expires = (rawExpires: boolean) => {
      const all = generateObjects({ seed: 1, count: 40, rawExpires }).map(({ headers }) => headers.expires);
      return new Set(all.filter((value) => value !== undefined));
    };

    expect(expires(true)).toEqual(new Set(["Thu, 01 Dec 2033 16:00:00 GMT", "0", "-1"]));
    expect(expires(false)).toEqual(new Set(["Thu, 01 Dec 2033 16:00:00 GMT"]));
  });

  it("give the announced number of bytes, the same for the same seed, every time they are opened", async () => {
    const sample = (seed: number) =>
      generateObjects({ seed, count: 120 }).filter(({ size }) => size < 9 * MEBIBYTE);
    const [first, again, other] = [sample(5), sample(5), sample(6)];

    for (const object of first) {
      let size = 0;
      for await (const chunk of object.open()) {
        size += chunk.length;
      }
      expect(size).toBe(object.size);
    }
    const digests = await Promise.all(first.map(digestOf));
    expect(await Promise.all(again.map(digestOf))).toEqual(digests);
    expect(await Promise.all(other.map(digestOf))).not.toEqual(digests);
    // The empty ones are equal by nature.
    const contents = digests.filter((_, index) => (first[index]?.size ?? 0) > 8);
    expect(new Set(contents).size).toBe(contents.length);
  });

  it("are really gzipped where they say so", async () => {
    const gzipped = generateObjects({ seed: 1, count: 40 }).filter(
      ({ headers }) => headers.contentEncoding === "gzip",
    );

    expect(gzipped.length).toBeGreaterThan(3);
    for (const object of gzipped) {
      expect(JSON.parse(gunzipSync(await bytesOf(object)).toString())).toHaveProperty("records");
    }
  });
});

describe("a folder as input", () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "folder-input-"));
    await mkdir(join(folder, "site", "pages"), { recursive: true });
    await mkdir(join(folder, "site", ".storage-failover"));
    await mkdir(join(folder, "empty"));
    await writeFile(join(folder, "outside.txt"), "not for upload");
    await writeFile(join(folder, "site", "index.html"), "<p>");
    await writeFile(join(folder, "site", "pages", "a b+c%2F.SVG"), "<svg/>");
    await writeFile(join(folder, "site", "pages", "nothing"), "");
    await writeFile(join(folder, "site", ".storage-failover", "epoch.json"), "{}");
    await symlink(join(folder, "outside.txt"), join(folder, "site", "link.txt"));
    await symlink(join(folder, "site"), join(folder, "site", "circle"));
  });

  afterAll(() => rm(folder, { recursive: true }));

  it("gives one object for each file, with its path as key and a type by its extension", async () => {
    const { objects } = await readFolder(join(folder, "site"));

    expect(objects.map(({ key, size, headers }) => [key, size, headers.contentType])).toEqual([
      ["index.html", 3, "text/html; charset=utf-8"],
      ["pages/a b+c%2F.SVG", 6, "image/svg+xml"],
      ["pages/nothing", 0, "application/octet-stream"],
    ]);
    expect(await Promise.all(objects.map(async (object) => String(await bytesOf(object))))).toEqual([
      "<p>",
      "<svg/>",
      "",
    ]);
  });

  it("follows no link and takes no reserved key, and says so", async () => {
    const { skipped } = await readFolder(join(folder, "site"));

    expect(skipped.map(({ path }) => path)).toEqual([".storage-failover/epoch.json", "circle", "link.txt"]);
    expect(skipped.map(({ reason }) => reason)).toEqual([
      expect.stringContaining("reserved"),
      expect.stringContaining("not followed"),
      expect.stringContaining("not followed"),
    ]);
  });

  it.each([
    ["missing", "nowhere", /cannot be read; name a folder that exists/],
    ["a file", "outside.txt", /is not a folder/],
    ["empty", "empty", /holds no file to upload/],
  ])("is refused when it is %s, with what to change", async (_, name, message) => {
    await expect(readFolder(join(folder, name))).rejects.toThrow(FolderInputError);
    await expect(readFolder(join(folder, name))).rejects.toThrow(message);
  });

  it("is refused beside another input that has the same key", async () => {
    const { objects } = await readFolder(join(folder, "site"));

    expect(combineInputs(objects, generateObjects({ seed: 1, count: 3 }))).toHaveLength(6);
    expect(() => combineInputs(objects, objects.slice(0, 1))).toThrow(DuplicateKeyError);
  });
});

describe("the static site that is loaded by default", () => {
  const folder = join(__dirname, "..", "..", "examples", "static-site");

  it("is whole: every link and image of every page is one of its files, and nothing comes from elsewhere", async () => {
    const { objects, skipped } = await readFolder(folder);
    const keys = new Set(objects.map(({ key }) => key));
    const pages = objects.filter(({ key }) => key.endsWith(".html"));
    const targets = await Promise.all(
      pages.map(async (page) => {
        const references = String(await bytesOf(page)).matchAll(/(?:href|src)="([^"#]+)"/g);
        return [...references].map(([, target]) => posix.join(posix.dirname(page.key), target ?? ""));
      }),
    );

    expect(skipped).toEqual([]);
    expect(pages.length).toBeGreaterThan(6);
    expect(targets.flat().filter((target) => !keys.has(target))).toEqual([]);
    expect(new Set(objects.map(({ headers }) => headers.contentType)).size).toBeGreaterThan(7);
    expect(() => combineInputs(objects, generateObjects({ seed: 1, count: 50 }))).not.toThrow();
  });
});

describe("work in parallel", () => {
  it("does every item once, never more at once than allowed", async () => {
    let [running, most] = [0, 0];
    const done: number[] = [];

    await inParallel(Array(50).keys(), 7, async (item) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, item % 3));
      running -= 1;
      done.push(item);
    });

    expect(most).toBe(7);
    expect(done.toSorted((one, other) => one - other)).toEqual([...Array(50).keys()]);
  });

  it("begins nothing after a failure, and tells of it only when all is at rest", async () => {
    let [begun, ended] = [0, 0];

    const work = inParallel(Array(50).keys(), 4, async (item) => {
      begun += 1;
      await new Promise((resolve) => setTimeout(resolve, 2));
      ended += 1;
      if (item === 5) throw new Error("item 5");
    });

    await expect(work).rejects.toThrow("item 5");
    expect(begun).toBeLessThan(12);
    expect(ended).toBe(begun);
  });
});
