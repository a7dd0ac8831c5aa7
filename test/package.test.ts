import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { bundleCli } from "../scripts/bundle-cli";

const manifest = JSON.parse(readFileSync("package.json", "utf8"));

/** A team's project with the package installed, as `npm pack` would make it: only what `files` names. */
let project: string;

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), "installed-package-"));
  const installed = join(project, "node_modules", manifest.name);
  const tsc = join("node_modules", "typescript", "bin", "tsc");
  execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", join(installed, "dist")]);
  await bundleCli(process.cwd(), join(installed, manifest.bin["storage-failover"]));
  writeFileSync(join(installed, "package.json"), JSON.stringify(manifest));
  // What is built is made above and below; patterns name what is for pipelines, not for a synth.
  for (const entry of manifest.files.filter((name: string) => !/^dist\/|^assets$|[*!]/.test(name))) {
    cpSync(entry, join(installed, entry), { recursive: true });
  }
  mkdirSync(join(installed, "assets"));
  writeFileSync(join(installed, "assets", "replicator.zip"), "stands for the zip");
  for (const peer of Object.keys(manifest.peerDependencies)) {
    mkdirSync(dirname(join(project, "node_modules", peer)), { recursive: true });
    symlinkSync(resolve("node_modules", peer), join(project, "node_modules", peer), "dir");
  }
}, 120_000);

afterAll(() => rmSync(project, { recursive: true, force: true }));

function run(file: string, source: string): string {
  writeFileSync(join(project, file), source);
  const env = { PATH: process.env.PATH };
  return execFileSync(process.execPath, ["--preserve-symlinks", file], {
    cwd: project,
    env,
    encoding: "utf8",
  });
}

describe("the installed package", () => {
  it("synthesizes all stacks for a CommonJS project, with the files that it needs", () => {
    run(
      "app.js",
      `const { App } = require("cdktf");
       const { StateBackend, StorageFailover } = require("cdktf-storage-failover");
       const app = new App({ outdir: "out" });
       new StorageFailover(app, "failover", {
         activeProvider: "secondary",
         hostname: "assets.example.com", zoneName: "example.com", zoneId: "1".repeat(32), accountId: "0".repeat(32),
         primary: { bucketName: "example-assets-primary", region: "eu-central-1" },
         secondary: {
           bucketName: "assets-standby", originHost: "assets-standby.example.com", region: "fra1", volumeGiB: 100, sshKeyIds: ["1"],
         },
         backend: StateBackend.local(),
       });
       app.synth();`,
    );

    const stacks = ["primary", "secondary", "replication", "edge"];
    expect(
      stacks.filter((stack) => existsSync(join(project, "out", "stacks", stack, "cdk.tf.json"))),
    ).toEqual(stacks);
  }, 60_000);

  it("gives writers what they need to ES modules, without loading CDKTF or any package", () => {
    const printed = run(
      "writer.mjs",
      `import { createRequire } from "node:module";
       import { fenceSeconds, resolveActiveStore } from "cdktf-storage-failover/writers";
       const loaded = Object.keys(createRequire(import.meta.url).cache);
       console.log(JSON.stringify({ fence: fenceSeconds(), asks: typeof resolveActiveStore, loaded }));`,
    );

    const { fence, asks, loaded } = JSON.parse(printed);
    expect({ fence, asks }).toEqual({ fence: 110, asks: "function" });
    expect(loaded.filter((file: string) => !file.includes(`/${manifest.name}/dist/`))).toEqual([]);
  });

  it("brings a command line that needs nothing but Node", () => {
    const file = join(project, "node_modules", manifest.name, manifest.bin["storage-failover"]);
    const help = execFileSync(process.execPath, [file, "--help"], {
      cwd: project,
      env: {},
      encoding: "utf8",
    });
    expect(help).toMatch(/sync .*verify .*conflicts .*strays /s);
    expect(help).not.toContain("demo");
  });

  it("names nothing that is not in it", () => {
    const exported = Object.values<string | Record<string, string>>(manifest.exports).flatMap((target) =>
      typeof target === "string" ? [target] : Object.values(target),
    );
    const targets = [...exported, ...Object.values<string>(manifest.bin)];
    expect(
      targets.filter((target) => !existsSync(join(project, "node_modules", manifest.name, target))),
    ).toEqual([]);
  });
});

describe("package.json", () => {
  it("develops against an exact version of every peer, within the range that it asks for", () => {
    for (const [peer, range] of Object.entries<string>(manifest.peerDependencies)) {
      const pinned: string = manifest.devDependencies[peer];
      expect(range).toMatch(/^\^/);
      expect(pinned).toMatch(/^\d+\.\d+\.\d+$/);
      expect(isWithinCaret(pinned, range.slice(1))).toBe(true);
    }
  });

  /** As npm reads a caret: nothing left of the first digit that is not zero may change. */
  function isWithinCaret(version: string, least: string): boolean {
    const have = version.split(".").map(Number);
    const want = least.split(".").map(Number);
    const fixed = want.findIndex((number) => number > 0);
    const firstDifference = want.findIndex((number, place) => number !== have[place]);
    return (
      firstDifference === -1 ||
      (firstDifference > fixed && (have[firstDifference] ?? 0) > (want[firstDifference] ?? 0))
    );
  }
});
