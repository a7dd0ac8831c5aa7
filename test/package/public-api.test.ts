import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { temporaryFolder } from "../lib/temporary-folder";

/** A library in small, with all the shapes that ours has; read by API Extractor as ours is. */
const INDEX = `
export { Shelf, SHELF_KINDS, type ShelfKind, type ShelfProps, type WallProps, type CommonProps, type Place } from "./library";
export type { Plank } from "./library";
export { type Loose, type ShelfConfig, type WallConfig, StorageFailover, type StorageFailoverProps } from "./library";
`;

const DECLARATIONS = `
/** A place. */
export type Place = "here" | "there";
/** Kinds of shelves. */
export declare const SHELF_KINDS: readonly ["oak", "steel"];
/** The kind of a shelf. */
export type ShelfKind = (typeof SHELF_KINDS)[number];
/** Props that several have. */
export interface CommonProps {
    /** Written on the outside. */
    readonly label?: string;
    /** Where it came from. */
    readonly origin?: Origin;
}
/** Forgotten in the index. */
export interface Origin {
    /** Its name. */
    readonly name: string;
}
export interface ShelfProps extends CommonProps {
    /**
     * How wide, in
     * centimetres: \`a | b\`.
     *
     * @default 80
     */
    readonly width?: number;
    /** Where it stands. */
    readonly place: Place;
    /**
     * What it is made of.
     *
     * @default "oak" - which is cheapest
     */
    readonly kind?: ShelfKind;
    /** @default - the room's only light */
    readonly light?: string;
}
/** Holds books. */
export declare class Shelf {
    readonly width: number;
    constructor(scope: object, id: string, props: ShelfProps);
    /** One that stands already. */
    static fromWall(scope: object, id: string, props: WallProps): Shelf;
}
/** What is known of a wall. */
export interface WallProps {
    readonly height: number;
}
export {};
type Shared = "label";
/** A shelf in a library. */
export type ShelfConfig = Omit<ShelfProps, Shared | "place">;
/** A wall in a library. */
export type WallConfig = WallProps;
export interface StorageFailoverProps {
    /** The shelf. */
    readonly shelf?: ShelfConfig;
    /** Instead. */
    readonly otherWall?: WallConfig;
}
/** All of it. */
export declare class StorageFailover {
    constructor(scope: object, id: string, props: StorageFailoverProps);
}
/** Made by others only. */
export declare class Plank {
    constructor(scope: object, id: string, props: PlankProps);
}
/** Of wood. */
export type Millimetres = number;
/** Of a plank. */
export interface PlankProps {
    /** How long. */
    readonly length: Millimetres;
}
export interface Loose {
    /** Something. */
    readonly thing: string;
}
`;

const folder = temporaryFolder();
let faults: readonly string[];
let page: string;

beforeAll(() => {
  mkdirSync(join(folder, "dist"));
  writeFileSync(join(folder, "dist", "library.d.ts"), DECLARATIONS);
  writeFileSync(join(folder, "dist", "index.d.ts"), INDEX);
  const root = join(__dirname, "..", "..");
  const program = require.resolve("./read-small-library.ts");
  const args = ["--import", require.resolve("tsx"), program, root, folder];
  ({ faults, page } = JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })));
}, 60_000);

/** The part of the page below a heading, up to the next one of any level. */
function below(heading: string): string {
  const lines = page.split("\n");
  const from = lines.indexOf(heading) + 1;
  expect([heading, from > 0]).toEqual([heading, true]);
  const upto = lines.findIndex((line, index) => index >= from && line.startsWith("#"));
  return lines
    .slice(from, upto < 0 ? undefined : upto)
    .join("\n")
    .trim();
}

describe("what users would miss", () => {
  it("is told by name: exports and props without a word about them, types that cannot be named", () => {
    expect(faults).toEqual([
      "Origin is part of the API and not exported",
      "Loose has no docstring",
      "WallProps.height has no docstring",
    ]);
  });

  it("is nothing where the construct speaks for its props, or a default for the prop", () => {
    expect(faults.join()).not.toMatch(/ShelfProps|light|StorageFailoverProps|Shared/);
  });

  it("is nothing that only others are asked for", () => {
    expect(faults.join()).not.toMatch(/Plank|Millimetres/);
  });
});

describe("the page of props", () => {
  it("has a row for each prop, the required ones first, and those that are inherited", () => {
    expect(below("### By its constructor").split("\n")).toEqual([
      "| prop | type | default | meaning |",
      "|---|---|---|---|",
      "| `place` | `Place` | **required** | Where it stands. |",
      '| `kind` | `ShelfKind` | `"oak"`, which is cheapest | What it is made of. |',
      "| `light` | `string` | the room's only light |  |",
      "| `width` | `number` | `80` | How wide, in centimetres: `a \\| b`. |",
      "| `label` | `string` | none | Written on the outside. |",
      "| `origin` | `Origin` | none | Where it came from. |",
    ]);
  });

  it("tells apart the ways to make one", () => {
    expect(below("### By `Shelf.fromWall`")).toContain("| `height` | `number` | **required** |");
  });

  it("says of a part of the configuration whose props it takes, and which not", () => {
    expect(below("## StorageFailover")).toContain("| Instead. See [below](#otherwall). |");
    expect(below("### `shelf`")).toBe("Takes every prop of [Shelf](#shelf) but `label` and `place`.");
    expect(below("### `otherWall`")).toBe("Takes every prop of [Shelf.fromWall](#by-shelffromwall).");
  });

  it("explains the types that props name, down to the words", () => {
    expect(below("### ShelfKind")).toContain('`"oak"`, `"steel"`');
    expect(below("### Place")).toContain('`"here" | "there"`');
  });

  it("leaves out what only others make, and begins with what most people use", () => {
    const headings = page.match(/^## .*$/gm);
    expect(headings).toEqual(["## StorageFailover", "## Shelf", "## Types that props name"]);
  });
});
