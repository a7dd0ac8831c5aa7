import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { startEmbeddedStore } from "../../drill/local-cloud/embedded-store";
import { LimitedFiles } from "../../drill/local-cloud/limited-files";
import { NoSmallDiskError, openSmallDisk } from "../../drill/local-cloud/small-disk";
import { describeMissing } from "../support/describe-missing";
import { expectFullDisk, whyNoSmallDisk } from "../support/full-disk";

const PATIENCE = 60_000;
const SETTINGS = {
  storeName: "secondary",
  bucketName: "assets",
  region: "us-east-1",
  originHost: "assets.example.test",
  diskMebibytes: 16,
} as const;
const NAME = "an embedded store on a small disk";

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "full-disk-"));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function onSmallDisk(): void {
  it(
    "refuses writes for lack of room, serves reads, and goes on when there is room, killed in between or not",
    () =>
      inFolder(async (folder) => {
        const store = await startEmbeddedStore({ ...SETTINGS, folder: join(folder, "store") });
        try {
          await expectFullDisk(store, ["XMinioStorageFull"]);
        } finally {
          await store.stop();
        }
        expect(readdirSync(folder)).toEqual([]);
      }),
    PATIENCE,
  );
}

const hasLimits = spawnSync("prlimit", ["--version"]).status === 0;
const LIMITED = "an embedded store where no small disk can be had";
if (hasLimits) describe(LIMITED, withoutNamespaces);
else describeMissing(LIMITED, "has prlimit", "there is no prlimit on the PATH", withoutNamespaces);

function withoutNamespaces(): void {
  it(
    "behaves the same, its files being limited instead",
    () =>
      inFolder(async (folder) => {
        const path = process.env.PATH;
        const programs = join(folder, "programs");
        mkdirSync(programs);
        symlinkSync(
          spawnSync("which", ["prlimit"], { encoding: "utf8" }).stdout.trim(),
          join(programs, "prlimit"),
        );
        process.env.PATH = programs;
        try {
          const store = await startEmbeddedStore({ ...SETTINGS, folder: join(folder, "store") });
          try {
            expect(store.disk).toBeInstanceOf(LimitedFiles);
            await expectFullDisk(store, ["XMinioStorageFull"]);
          } finally {
            await store.stop();
          }
        } finally {
          process.env.PATH = path;
        }
        expect(readdirSync(folder)).toEqual(["programs"]);
      }),
    PATIENCE,
  );
}

const reason = whyNoSmallDisk();
if (reason === undefined) describe(NAME, onSmallDisk);
else describeMissing(NAME, "may have a mount namespace", reason, onSmallDisk);

describe("a small disk that cannot be had", () => {
  it(
    "says what forbids it and what allows it",
    () =>
      inFolder(async (folder) => {
        const inside = join(folder, "disk");

        const opened = openSmallDisk({ folder: inside, mebibytes: -1, logFile: join(folder, "disk.log") });

        await expect(opened).rejects.toBeInstanceOf(NoSmallDiskError);
        await expect(opened).rejects.toThrow(/mount.*seccomp=unconfined/s);
        expect(existsSync(inside)).toBe(true);
      }),
    PATIENCE,
  );
});
