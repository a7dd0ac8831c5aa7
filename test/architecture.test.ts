import { readdirSync, readFileSync } from "node:fs";
import { join, posix, relative } from "node:path";
import { describe, expect, it } from "@jest/globals";

/** What each room may import from; the arrows of docs and design, held over the import statements themselves. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  contract: [],
  lib: ["contract"],
  lambda: ["contract"],
  stacks: ["lib", "contract", "failover.config"],
  "failover.config": ["lib", "contract"],
  drill: ["stacks", "lambda", "lib", "contract"],
  operate: ["lambda", "lib", "contract"],
  // The manifest, for the version.
  cli: ["operate", "drill", "lambda", "lib", "contract", "package.json"],
  examples: ["lib"],
};

const root = join(__dirname, "..");
const IMPORTED = /(?:^|[^.\w])(?:from|import|require|require\.resolve)\s*\(?\s*["'`]([^"'`\n]+)["'`]/g;
const NOT_SOURCE = /^(node_modules|dist|assets|coverage|drill-report|cdktf\.out.*|\..*)$/;

interface Import {
  /** Path of the importing file from the root, with slashes. */
  readonly file: string;
  readonly target: string;
}

function sourceFiles(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !NOT_SOURCE.test(entry.name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? sourceFiles(path) : /\.[cm]?[jt]sx?$/.test(entry.name) ? [path] : [];
    });
}

function importsOf(text: string, file: string): readonly Import[] {
  return [...text.matchAll(IMPORTED)].map((match) => ({ file, target: match[1] ?? "" }));
}

/** The room that a file of the repository is in. */
function roomOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.indexOf("/")) : path.replace(/\.ts$/, "");
}

/** Relative imports that leave for a room where they may not go. */
function forbidden(imports: readonly Import[]): readonly string[] {
  return imports.flatMap(({ file, target }) => {
    const room = roomOf(file);
    const allowed = MAY_IMPORT[room];
    if (allowed === undefined || !target.startsWith(".")) {
      return [];
    }
    const to = roomOf(posix.normalize(posix.join(posix.dirname(file), target)));
    return to === room || allowed.includes(to) ? [] : [`${file} imports ${target}`];
  });
}

/** A whole provider is imported, which costs seconds and 680 MB. */
const INDEX_OF_PROVIDER = /^@cdktf\/provider-[a-z]+(\/lib)?(\/index(\.js)?)?$/;

const files = sourceFiles(root);
const imports = files.flatMap((path) =>
  importsOf(readFileSync(path, "utf8"), relative(root, path).replaceAll("\\", "/")),
);

describe("the rooms", () => {
  it("are entered one way only", () => {
    expect(forbidden(imports)).toEqual([]);
  });

  it("would not let a wrong turn pass", () => {
    const text = [
      'import { a } from "../../lib/index";',
      'export type { b } from "../../contract/stores";',
      'const c = await import("../../drill/report");',
    ].join("\n");

    expect(forbidden(importsOf(text, "lambda/replicator/handler.ts"))).toEqual([
      "lambda/replicator/handler.ts imports ../../lib/index",
      "lambda/replicator/handler.ts imports ../../drill/report",
    ]);
    expect(forbidden(importsOf('import { a } from "../drill/report";', "lib/index.ts"))).toEqual([
      "lib/index.ts imports ../drill/report",
    ]);
    expect(forbidden(importsOf('export * from "../lib/index";', "contract/marker.ts"))).toHaveLength(1);
    expect(forbidden(importsOf('import "../../contract/marker";', "lambda/s3/client.ts"))).toEqual([]);
  });

  it("keep what runs in AWS free of CDKTF", () => {
    const cdktf = imports.filter(
      ({ file, target }) => /^(lambda|contract)\//.test(file) && /^(cdktf|constructs|@cdktf\/)/.test(target),
    );

    expect(cdktf).toEqual([]);
  });

  it("keep the drill free of CDKTF: it reads the synthesized plans, and of lib the predictions only", () => {
    const outside = imports.filter(({ file }) => /^(drill|operate|cli)\//.test(file));
    const named = outside.map(({ file, target }) =>
      target.startsWith(".") ? posix.normalize(posix.join(posix.dirname(file), target)) : target,
    );
    const cdktf = named.filter((target) =>
      /^(cdktf|constructs|@cdktf\/|failover\.config|stacks\/|lib\/)/.test(target),
    );

    expect([...new Set(cdktf)].sort()).toEqual(["lib/objectives", "stacks/plan-difference"]);
    for (const file of ["lib/objectives.ts", "stacks/plan-difference.ts"]) {
      expect(imports.filter((one) => one.file === file && !one.target.startsWith("node:"))).toEqual([]);
    }
  });

  it("keep contract free of every dependency", () => {
    expect(
      imports.filter(({ file, target }) => file.startsWith("contract/") && !target.startsWith(".")),
    ).toEqual([]);
  });
});

describe("providers", () => {
  it("are imported one resource at a time", () => {
    expect(
      imports.filter(
        ({ file, target }) => !file.startsWith("test/architecture") && INDEX_OF_PROVIDER.test(target),
      ),
    ).toEqual([]);
  });

  it.each(["@cdktf/provider-aws", "@cdktf/provider-aws/lib", "@cdktf/provider-aws/lib/index"])(
    "%s would be found",
    (target) => {
      expect(
        importsOf(`import { s3 } from "${target}";`, "lib/x.ts").some((found) =>
          INDEX_OF_PROVIDER.test(found.target),
        ),
      ).toBe(true);
    },
  );

  it("are looked for in every source file", () => {
    expect(files.length).toBeGreaterThan(50);
    expect(imports.some(({ target }) => target === "@cdktf/provider-aws/lib/s3-bucket")).toBe(true);
  });
});
