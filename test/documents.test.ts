import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { completionCommand } from "../cli/commands/completion";
import { demoCommand } from "../cli/commands/demo";
import { drillCommand } from "../cli/commands/drill";
import { localCommand } from "../cli/commands/local";
import { storeCommands } from "../cli/commands/store-commands";
import { EXCEPTION_KINDS } from "../lambda/replicator/report";
import { CONFIGURATION_ERROR_CODES } from "../lib/configuration-error-codes";
import { GENERATED_DOCUMENTS } from "../scripts/generated-documents";
import { type SynthesizedStack, synthesizeStacks } from "../stacks/synthesize";
import { configWithAsset } from "./stacks/replicator-asset";

/** What the documents claim is compared with what they talk about. */
const documents = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  ...markdownIn("docs"),
  ...markdownIn("examples"),
];

const manifest = JSON.parse(readFileSync("package.json", "utf8"));

function markdownIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => join(folder, file))
    .sort();
}

/** First cells of the rows of every table, without backquotes. */
function firstCells(file: string): string[] {
  return [...readFileSync(file, "utf8").matchAll(/^\| `([^`]+)` \|/gm)].map((row) => row[1] ?? "");
}

/** The name by which GitHub links to a heading. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");
}

/** Links out of a document to files of this repository, without those in examples of code. */
function linksOf(file: string): string[] {
  const text = readFileSync(file, "utf8").replaceAll(/```[\s\S]*?```/g, "");
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((link) => link[1] ?? "");
  return links.filter((link) => !/^https?:/.test(link));
}

/** What stands between backquotes in running text, and each line of code. */
function codeOf(file: string): string[] {
  const text = readFileSync(file, "utf8");
  const blocks = [...text.matchAll(/```\w*\n([\s\S]*?)```/g)].flatMap((block) =>
    (block[1] ?? "").split("\n"),
  );
  return [...inlineCodeOf(file), ...blocks];
}

function inlineCodeOf(file: string): string[] {
  const text = readFileSync(file, "utf8").replaceAll(/```[\s\S]*?```/g, "");
  return [...text.matchAll(/`([^`\n]+)`/g)].map((code) => code[1] ?? "");
}

function anchorsOf(file: string): string[] {
  return [...readFileSync(file, "utf8").matchAll(/^#+ (.+)$/gm)].map((heading) => anchor(heading[1] ?? ""));
}

describe("documents", () => {
  it("link to files and headings that are there", () => {
    const isBroken = (file: string, link: string) => {
      const [path = "", heading] = link.split("#");
      const target = path === "" ? file : join(dirname(file), path);
      return !existsSync(target) || (heading !== undefined && !anchorsOf(target).includes(heading));
    };
    const broken = documents.flatMap((file) =>
      linksOf(file)
        .filter((link) => isBroken(file, link))
        .map((link) => `${file}: ${link}`),
    );
    expect(broken).toEqual([]);
  });

  it("are all in the table of contents", () => {
    const listed = linksOf("docs/README.md").map((link) => join("docs", link.split("#")[0] ?? ""));
    const pages = markdownIn("docs").filter((file) => file !== join("docs", "README.md"));
    expect(pages.filter((file) => !listed.includes(file))).toEqual([]);
  });

  it("have the source of each picture beside it, and the command that draws it", () => {
    const pictures = readdirSync("docs/images").filter((file) => file.endsWith(".svg"));
    const without = pictures.filter((picture) => {
      const source = join("docs/images", picture.replace(/svg$/, "d2"));
      return !existsSync(source) || !readFileSync(source, "utf8").includes(picture);
    });
    expect(pictures.length).toBeGreaterThan(2);
    expect(without).toEqual([]);
  });

  it("name no npm script that does not exist", () => {
    const unknown = documents.flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(/npm run ([\w:-]+)/g)]
        .filter((command) => !((command[1] ?? "") in manifest.scripts))
        .map((command) => `${file}: ${command[0]}`),
    );
    expect(unknown).toEqual([]);
  });

  it.each(GENERATED_DOCUMENTS)(
    "say in $file what the code says; if not: npm run docs",
    ({ file, render }) => {
      expect(readFileSync(file, "utf8")).toBe(render());
    },
  );

  it("list every code of ConfigurationError, once", () => {
    expect(firstCells("docs/errors.md").sort()).toEqual([...CONFIGURATION_ERROR_CODES].sort());
  });

  it("explain every dependency, and none that is gone", () => {
    const used = new Set([
      ...Object.keys(manifest.peerDependencies),
      ...Object.keys(manifest.devDependencies),
    ]);
    expect(firstCells("docs/dependencies.md").sort()).toEqual([...used].sort());
  });

  it("explain every reason for which a key is not made equal", () => {
    const glossary = readFileSync("docs/glossary.md", "utf8");
    expect(EXCEPTION_KINDS.filter((kind) => !glossary.includes(`| **${kind}** |`))).toEqual([]);
  });
});

describe("commands in documents", () => {
  const all = [...storeCommands(), demoCommand(), drillCommand(), localCommand(), completionCommand()];
  const commands = new Map(all.map((command) => [command.name(), command]));
  const optionsOf = (name: string) => commands.get(name)?.options.map(({ long }) => long) ?? [];
  const called = documents.flatMap((file) =>
    codeOf(file).flatMap((code) =>
      // What a health object says begins with the same word.
      [...code.matchAll(/storage-failover ([a-z][a-z-]*)(?! is healthy\b)\b([^|;#]*)/g)].map((call) => ({
        where: `${file}: ${call[0].trim()}`,
        command: call[1] ?? "",
        words: call[2] ?? "",
      })),
    ),
  );

  it("exist", () => {
    expect(called.length).toBeGreaterThan(50);
    expect(called.filter(({ command }) => !commands.has(command)).map(({ where }) => where)).toEqual([]);
  });

  it("have the options that they are given", () => {
    const unknown = called.flatMap(({ where, command, words }) => {
      // What follows -- is handed to another command.
      const [own = "", handed = ""] = words.split(/ -- /);
      const wrong = (text: string, known: readonly (string | undefined)[]) =>
        (text.match(/--[a-z][a-z-]*/g) ?? []).filter(
          (option) => option !== "--help" && !known.includes(option),
        );
      return [...wrong(own, optionsOf(command)), ...wrong(handed, optionsOf("enroll"))].map(
        (option) => `${where}: ${option}`,
      );
    });
    expect(unknown).toEqual([]);
  });

  it("take the options that are named alone", () => {
    const others = new Set([...OPTIONS_OF_OTHER_PROGRAMS, "--help"]);
    const known = new Set([...commands.keys()].flatMap(optionsOf));
    const unknown = markdownIn("docs").flatMap((file) =>
      inlineCodeOf(file)
        .map((code) => /^--[a-z][a-z-]*/.exec(code)?.[0])
        .filter((option) => option !== undefined && !known.has(option) && !others.has(option))
        .map((option) => `${file}: ${option}`),
    );
    expect(unknown).toEqual([]);
  });
});

/** That stand in documents without the program's name. */
const OPTIONS_OF_OTHER_PROGRAMS = ["--bypass-governance-retention"];

describe("names in documents", () => {
  const guides = markdownIn("docs").filter((file) => !file.startsWith(join("docs", "decisions")));

  it("are those of props, where a value is given", () => {
    const props = new Set(firstCells("docs/props.md"));
    const unknown = guides.flatMap((file) =>
      inlineCodeOf(file)
        .map((code) => /^([a-z]+(?:[A-Z]\w*)?): (?:true|false|\d|"|\{|\[)/.exec(code)?.[1])
        .filter((name) => name !== undefined && !props.has(name))
        .map((name) => `${file}: ${name}`),
    );
    expect(props.size).toBeGreaterThan(100);
    expect(unknown).toEqual([]);
  });

  it("occur in the code, where they are written as the code writes names", () => {
    const rooms = ["cli", "contract", "drill", "lambda", "lib", "operate", "stacks"];
    const sources = rooms.flatMap((room) =>
      readdirSync(room, { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".ts"))
        .map((file) => readFileSync(join(room, file), "utf8")),
    );
    const words = new Set(sources.flatMap((text) => text.match(/\w+/g) ?? []));
    const unknown = guides.flatMap((file) =>
      inlineCodeOf(file)
        .map((code) => /^[a-z]+[A-Z]\w*(?=$|\(|\.)/.exec(code)?.[0])
        .filter((name) => name !== undefined && !words.has(name))
        .map((name) => `${file}: ${name}`),
    );
    expect(unknown).toEqual([]);
  });
});

describe("the edge engine's page", () => {
  it("names tests that there are, for each behaviour that it claims", () => {
    const files = {
      D: "edge-decisions",
      P: "edge-plan",
      R: "edge-properties",
      V: "edge-virtual",
      E: "edge-engine",
      O: "edge-origins",
    };
    const table = readFileSync("docs/edge-engine.md", "utf8").match(/^\|.*\|$/gm) ?? [];
    const cells = table.map((row) => row.split("|").at(-2) ?? "").filter((cell) => /^ [DPRVEO]\b/.test(cell));

    const named = cells.flatMap((cell) =>
      cell.split(/(?=\b[DPRVEO] ")/).flatMap((part) => {
        const file = Object.entries(files).find(([letter]) => part.trim().startsWith(`${letter} "`))?.[1];
        return [...part.matchAll(/"([^"]+?)…?"/g)].map((quoted) => ({ file, name: quoted[1] ?? "" }));
      }),
    );

    expect(named.length).toBeGreaterThan(10);
    const missing = named.filter(
      ({ file, name }) => !readFileSync(`test/drill/${file}.test.ts`, "utf8").includes(name),
    );
    expect(missing).toEqual([]);
  });
});

describe("the page of the blueprint's faults", () => {
  it("names tests that there are, for each of the 22", () => {
    const rows = readFileSync("docs/blueprint.md", "utf8").match(/^\| \d+ \|.*$/gm) ?? [];
    const named = rows.flatMap((row) => {
      const cell = row.split(" | ").at(-1) ?? "";
      return cell.split(/(?=`test\/)/).flatMap((part) => {
        const file = /^`(test\/[^`]+)`/.exec(part)?.[1];
        const names = [...part.matchAll(/"([^"]+)"/g)].map((quoted) => quoted[1] ?? "");
        return file === undefined ? [] : names.map((name) => ({ file, name }));
      });
    });

    expect(rows.map((row) => Number.parseInt(row.slice(2), 10))).toEqual(
      Array.from({ length: 22 }, (_, index) => index + 1),
    );
    expect(named.length).toBeGreaterThanOrEqual(22);
    const missing = named.filter(
      ({ file, name }) => !existsSync(file) || !readFileSync(file, "utf8").includes(name),
    );
    expect(missing).toEqual([]);
  });
});

describe("the README's plan of a flip", () => {
  it("is what a flip changes, no more and no less, beside the outputs", () => {
    const folder = mkdtempSync(join(tmpdir(), "readme-flip-"));
    try {
      const edge = (activeProvider: "primary" | "secondary") =>
        linesOf(synthesizeStacks({ activeProvider, config: configWithAsset(folder), outdir: folder }).edge);
      const before = edge("primary");
      const after = edge("secondary");
      expect(after).toHaveLength(before.length);

      const [, shown = ""] = readFileSync("README.md", "utf8").match(/```diff\n edge: ([\s\S]*?)```/) ?? [];
      expect(marked(shown, "-")).toEqual(before.filter((line, index) => line !== after[index]));
      expect(marked(shown, "+")).toEqual(after.filter((line, index) => line !== before[index]));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  function linesOf({ output, ...rest }: SynthesizedStack): string[] {
    return JSON.stringify(rest, null, 2).split("\n");
  }

  function marked(diff: string, mark: string): string[] {
    return diff.split("\n").flatMap((line) => (line.startsWith(mark) ? [line.slice(1)] : []));
  }
});
