import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { CLONE_DRILLS } from "../../cli/commands/clone-drills";
import { drillCommand } from "../../cli/commands/drill";
import { localCommand } from "../../cli/commands/local";
import { storeCommands } from "../../cli/commands/store-commands";
import { MARKER_VARIABLES } from "../../contract/environment";
import type { Marker } from "../../contract/marker";
import { synthesizePlans } from "../../drill/stage/plans";
import { inParallel } from "../../drill/workload/in-parallel";
import type { ObjectClient } from "../../lambda/s3/object-client";
import { version } from "../../package.json";
import { bundleCli } from "../../scripts/bundle-cli";
import {
  addressOf,
  type CommandEnd,
  pairVariables,
  runCommand,
  startCommand,
  storePlaces,
} from "../support/command-line";
import { type EmbeddedStores, startEmbeddedStores } from "../support/embedded-stores";
import { startMarkerResolvers } from "../support/marker-resolvers";
import { clientFor } from "../support/opened-store";
import { runningStoreWriter } from "../support/store-writer";

const execute = promisify(execFile);

/** Commands are processes, each of which takes most of a second: every test tells a whole story. */
let embedded: EmbeddedStores;
let writers: Record<"primary" | "secondary", ReturnType<typeof runningStoreWriter>>;
let secondary: ObjectClient;
let folder: string;
let marker: Marker;
let resolvers: Awaited<ReturnType<typeof startMarkerResolvers>>;
let environment: Record<string, string>;
const ends: CommandEnd[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "commands-test-"));
  resolvers = await startMarkerResolvers(() => marker);
  embedded = await startEmbeddedStores();
  const { stores } = embedded;
  writers = { primary: runningStoreWriter(stores.primary), secondary: runningStoreWriter(stores.secondary) };
  secondary = clientFor(stores.secondary);
  marker = { active: "primary", writesPaused: false };
  environment = {
    ...pairVariables(stores.primary, stores.secondary),
    ...storePlaces(stores),
    [MARKER_VARIABLES.name]: "_storage-failover.assets.example.com",
    [MARKER_VARIABLES.resolvers]: resolvers.urls.join(","),
  };
});

afterAll(async () => {
  for (const one of [writers.primary, writers.secondary, secondary]) one.close();
  await embedded.stop();
  await resolvers.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The stores' own secrets stand for all: whatever else happens, none is ever printed. */
afterEach(() => {
  const secrets = Object.values(embedded.stores).map(({ secretAccessKey }) => secretAccessKey);
  const printed = ends.splice(0).map(({ out, error }) => out + error);
  expect(printed.filter((text) => secrets.some((secret) => text.includes(secret)))).toEqual([]);
});

async function command(...args: string[]): Promise<CommandEnd> {
  const end = await runCommand(args, environment);
  ends.push(end);
  return end;
}

/** By their names: `PRIMARY_…`, `SECONDARY_…` and the marker are in the environment. */
function named(name: string, ...args: string[]): Promise<CommandEnd> {
  return command(name, "--from", "primary", "--to", "secondary", ...args);
}

async function keysThere(prefix: string): Promise<string[]> {
  return (await secondary.list({ prefix })).objects.map(({ key }) => key);
}

describe("sync and verify", () => {
  it("say what they would do, do it, and find both sides equal", async () => {
    for (const key of ["site/a", "site/b", "other"]) await writers.primary.write(key, `body of ${key}`);

    const planned = await named("sync", "--prefix", "site/", "--dry-run");
    expect(planned).toMatchObject({ code: 0, error: "" });
    expect(planned.out).toMatch(/would copy +2 objects, 28 B\n[\s\S]*dry run: nothing was changed/);
    expect(await keysThere("")).toEqual([]);

    const synced = await named("sync", "--prefix", "site/");
    expect(synced).toMatchObject({ code: 0, error: "" });
    expect(synced.out).toMatch(
      /^syncing primary \(assets-primary at .*\n +into secondary [\s\S]*copied +2 objects, 28 B in/,
    );
    expect(await keysThere("site/")).toEqual(["site/a", "site/b"]);

    const report = join(folder, "differences.json");
    const differing = await named("verify", "--report", report, "--json");
    expect(differing).toMatchObject({ code: 1, error: "" });
    const found = JSON.parse(differing.out);
    expect(found).toMatchObject({
      command: "verify",
      from: { name: "primary", bucket: "assets-primary" },
      outcome: "different",
      keys: 3,
      differences: [{ key: "other", findings: [{ aspect: "presence", detail: "only on the source" }] }],
    });
    expect(JSON.parse(readFileSync(report, "utf8"))).toEqual(found);

    const whole = await named("sync", "--json");
    expect(whole).toMatchObject({ code: 0, error: "" });
    expect(JSON.parse(whole.out)).toMatchObject({
      command: "sync",
      outcome: "clean",
      copied: 1,
      unchanged: 2,
    });
    const equal = await named("verify", "--deep");
    expect(equal).toMatchObject({ code: 0, error: "" });
    expect(equal.out).toMatch(/equal\n +compared +3 keys by keys, bytes, headers, user metadata and tags/);
  });

  it("delete as much as was allowed, by delete markers", async () => {
    for (const key of ["gone/1", "gone/2"]) await writers.primary.write(key, "x");
    await named("sync", "--prefix", "gone/");
    for (const key of ["gone/1", "gone/2"]) await writers.primary.delete(key);

    const off = await named("sync", "--prefix", "gone/", "--deletes", "off", "--json");
    expect(JSON.parse(off.out)).toMatchObject({ removed: 0, exceptionCounts: { stray: 2 } });
    const capped = await named("sync", "--prefix", "gone/", "--max-delete", "1");
    expect(capped).toMatchObject({ code: 1 });
    expect(capped.out).toMatch(/withheld +2 .*--max-delete/);
    expect(await keysThere("gone/")).toEqual(["gone/1", "gone/2"]);
    const allowed = await named("sync", "--prefix", "gone/", "--max-delete", "2");
    expect(allowed).toMatchObject({ code: 0 });
    expect(allowed.out).toMatch(/deleted +2, by delete markers/);
    expect(await keysThere("gone/")).toEqual([]);
    expect((await secondary.versions("gone/1")).map(({ isDeleteMarker }) => isDeleteMarker)).toEqual([
      true,
      false,
    ]);
  });

  it("stop at Ctrl-C, and the same command goes on from there", async () => {
    const keys = Array.from({ length: 600 }, (_, index) => `many/${String(index).padStart(3, "0")}`);
    await Promise.all(keys.map((key) => writers.primary.write(key, key)));
    const sync = ["sync", "--from", "primary", "--to", "secondary", "--prefix", "many/", "--json"];

    const started = startCommand([...sync, "--concurrency", "1"], environment);
    while ((await keysThere("many/")).length < 20) await delay(20);
    started.process.kill("SIGINT");
    const first = await started.end;
    expect(first).toMatchObject({ code: 130, error: expect.stringContaining("stopping") });
    const interrupted = JSON.parse(first.out);
    expect(interrupted).toMatchObject({ outcome: "incomplete", unchanged: 0 });
    const done = await keysThere("many/");
    expect([interrupted.copied, interrupted.checkpoint]).toEqual([done.length, done.at(-1)]);
    expect(done.length).toBeLessThan(keys.length);

    const rest = await command(...sync);
    expect(rest).toMatchObject({ code: 0, error: "" });
    expect(JSON.parse(rest.out)).toMatchObject({
      outcome: "clean",
      copied: keys.length - done.length,
      unchanged: 0,
    });
    expect(await keysThere("many/")).toEqual(keys);
  });

  it("write into the active store only when told to", async () => {
    marker = { active: "secondary", writesPaused: false };
    await writers.primary.write("forced", "x");
    for (const to of ["secondary", addressOf(embedded.stores.secondary)]) {
      const refused = await command("sync", "--from", "primary", "--to", to);
      expect(refused).toMatchObject({
        code: 1,
        error: expect.stringMatching(/secondary is active\n.*--into-active/),
      });
    }
    expect(await keysThere("forced")).toEqual([]);
    const forced = await named("sync", "--prefix", "forced", "--into-active");
    expect(forced).toMatchObject({ code: 0 });
    expect(await keysThere("forced")).toEqual(["forced"]);
    marker = { active: "primary", writesPaused: false };
  });
});

describe("conflicts and strays", () => {
  it("are shown with both sides, resolved one by one or all, and gone from the next sync", async () => {
    for (const key of ["open/1", "open/2"]) {
      await writers.primary.write(key, "here");
      await writers.secondary.write(key, "there!");
    }
    for (const key of ["open/s1", "open/s2"]) await writers.secondary.write(key, "stray");

    const synced = await named("sync", "--prefix", "open/");
    expect(synced.code).toBe(1);
    expect(synced.out).toMatch(
      /conflict +2 .*storage-failover conflicts\n +stray +2 .*storage-failover strays/,
    );
    expect(synced.out).toContain("done; 2 keys of the source not on the destination");

    const shown = await command("conflicts", "--prefix", "open/");
    expect(shown).toMatchObject({ code: 1, error: "" });
    expect(shown.out).toMatch(
      /source +primary [\s\S]*conflict {2}open\/1\n.*both are kept\n +source +4 B .* native +version [\s\S]*destination +6 B /,
    );
    const one = await command("conflicts", "--resolve", "open/1", "--keep", "source");
    expect(one).toMatchObject({
      code: 0,
      out: expect.stringMatching(/✔ open\/1: written on the destination; version .* remains/),
    });
    const again = await command("conflicts", "--resolve", "open/1", "--keep", "source");
    expect(again).toMatchObject({
      code: 1,
      out: expect.stringContaining("nothing to decide: both sides are equal"),
    });

    const all = ["conflicts", "--prefix", "open/", "--all", "--keep", "destination"];
    expect(await command(...all)).toMatchObject({ code: 1, error: expect.stringContaining("--into-active") });
    const unconfirmed = await command(...all, "--into-active");
    expect(unconfirmed).toMatchObject({ code: 1, out: "" });
    expect(unconfirmed.error).toMatch(/1 object would be written on the source, primary .*\n.*--yes/);
    const confirmed = await command(...all, "--into-active", "--yes", "--json");
    expect(confirmed.code).toBe(0);
    expect(JSON.parse(confirmed.out)).toMatchObject({ resolved: [{ key: "open/2", wrote: "source" }] });

    const strays = await command("strays", "--prefix", "open/", "--json");
    expect(JSON.parse(strays.out).exceptions.map(({ key }: { key: string }) => key)).toEqual([
      "open/s1",
      "open/s2",
    ]);
    await writers.secondary.setVersioning("Suspended");
    const unversioned = await command("strays", "--resolve", "open/s1", "--delete");
    expect(unversioned).toMatchObject({ code: 1, error: expect.stringContaining("enable versioning") });
    await writers.secondary.setVersioning("Enabled");
    const deleted = await command("strays", "--resolve", "open/s1", "--delete");
    expect(deleted).toMatchObject({
      code: 0,
      out: expect.stringContaining("✔ open/s1: deleted on the destination"),
    });
    const restored = await command(
      "strays",
      "--all",
      "--prefix",
      "open/",
      "--restore",
      "--into-active",
      "--yes",
    );
    expect(restored).toMatchObject({
      code: 0,
      out: expect.stringContaining("✔ open/s2: written on the source"),
    });

    await writers.secondary.delete("open/s2");
    const gone = await command("conflicts", "--prefix", "open/", "--json");
    expect(gone.code).toBe(1);
    const both = { source: { kind: "replica", size: 5 }, destination: { kind: "deleted" } };
    expect(JSON.parse(gone.out)).toMatchObject({
      exceptions: [{ key: "open/s2", kind: "deleted", ...both }],
    });
    const unseen = await command(...all, "--into-active");
    expect(unseen.error).toMatch(/1 object would get a delete marker on the source, primary .*\n.*--yes/);
    expect(await command(...all, "--into-active", "--yes")).toMatchObject({
      code: 0,
      out: expect.stringMatching(/✔ open\/s2: deleted on the source; version .* remains/),
    });

    const end = await named("sync", "--prefix", "open/", "--json");
    expect(end.code).toBe(0);
    expect(JSON.parse(end.out)).toMatchObject({ outcome: "clean", copied: 0, exceptions: [] });
    expect(await command("conflicts", "--prefix", "open/")).toMatchObject({
      code: 0,
      out: expect.stringContaining("no conflicts"),
    });
  });
});

describe("a command", () => {
  it("that is used wrongly ends with 2, does nothing, and says what to change", async () => {
    const cases: readonly (readonly [what: string, args: readonly string[], message: string])[] = [
      ["no stores", ["sync"], "--from and --to are missing"],
      ["one store", ["verify", "--from", "primary"], "--to is missing"],
      [
        "a secret in an address",
        ["sync", "--from", "https://id:canary@x/b", "--to", "primary"],
        "credentials as environment",
      ],
      ["a number that is none", ["sync", "--max-delete", "many"], "whole number"],
      ["a mode that there is not", ["sync", "--deletes", "everything"], "off, markers"],
      [
        "two depths",
        ["verify", "--from", "primary", "--to", "secondary", "--quick", "--deep"],
        "exclude each other",
      ],
      [
        "a report that cannot be written",
        ["verify", "--from", "primary", "--to", "secondary", "--report", "/no/such/x"],
        "/no/such/x",
      ],
      [
        "a certificate that is none",
        ["sync", "--from", "primary", "--to", "secondary", "--to-ca-file", "package.json"],
        "no PEM",
      ],
      ["a resolution without a choice", ["conflicts", "--resolve", "k"], "needs --keep"],
      ["a choice without a key", ["strays", "--delete"], "needs --resolve <key> or --all"],
      ["two choices", ["strays", "--resolve", "k", "--delete", "--restore"], "cannot be used with"],
      [
        "a key of replication's own",
        ["strays", "--resolve", ".storage-failover/store.json", "--delete"],
        "own keys",
      ],
    ];
    await inParallel(cases, 4, async ([what, args, message]) => {
      const { code, out, error } = await command(...args);
      expect({ what, code, out, error }).toEqual({
        what,
        code: 2,
        out: "",
        error: expect.stringContaining(message),
      });
      expect(error).not.toContain("canary");
    });
  });

  it("that cannot reach a store, or may not, says which and why", async () => {
    const nowhere = "http://127.0.0.1:1/assets";
    await inParallel(["sync", "verify", "conflicts"], 3, async (name) => {
      const { code, out, error } = await command(name, "--from", nowhere, "--to", "secondary", "--json");
      expect(code).toBe(3);
      expect(out + error).toContain("ECONNREFUSED 127.0.0.1:1");
    });
    const wrong = { ...environment, FROM_SECRET_ACCESS_KEY: "canary-secret" };
    const refused = await runCommand(["sync", "--from", "primary", "--to", "secondary"], wrong);
    expect(refused.code).toBe(3);
    expect(refused.out).toMatch(/stopped: .* 403 [\s\S]*credentials \(FROM_… or TO_…\)/);
    expect(refused.out + refused.error).not.toContain("canary");
    const none = { ...environment, FROM_ACCESS_KEY_ID: "", FROM_SECRET_ACCESS_KEY: "" };
    const unknown = await runCommand(["verify", "--from", "primary", "--to", "secondary"], none);
    expect(unknown.code).toBe(3);
    expect(unknown.out + unknown.error).toContain("no credentials");
  });

  it("has every option of its own in the manual, and the manual none that it has not", () => {
    const manual = readFileSync("docs/command-line.md", "utf8");
    const commands = [...storeCommands(), drillCommand(CLONE_DRILLS), localCommand()];
    const options = new Set(commands.flatMap((one) => one.options.map(({ long }) => long ?? "")));
    const named = new Set([...manual.matchAll(/--[a-z][a-z-]+/g)].map(([option]) => option));
    expect([...options].filter((option) => !named.has(option))).toEqual([]);
    expect(
      [...named].filter((option) => !["--help", "--version"].includes(option) && !options.has(option)),
    ).toEqual([]);
  });

  it("explains itself, to those too who read the first lines only", async () => {
    // The reader is gone before anything is written.
    const piped = `{ "$0" --import tsx cli/main.ts sync --help; echo "ended with $?" >&2; } | true`;
    const [{ code, out }, printed, slip, closed] = await Promise.all([
      command("sync", "--help"),
      command("--version"),
      command("sync", "--form", "primary"),
      execute("sh", ["-c", piped, process.execPath]),
    ]);
    expect(printed).toEqual({ code: 0, out: `${version}\n`, error: "" });
    expect(slip).toMatchObject({ code: 2, out: "" });
    expect(slip.error).toMatch(/'--form'\n\(Did you mean --from\?\)\n+see: storage-failover sync --help/);
    expect(closed.stderr).toBe("ended with 0\n");
    expect(code).toBe(0);
    for (const word of ["--into-active", "FROM_SECRET_ACCESS_KEY", "Ctrl-C once", "Exit codes: 0 done"]) {
      expect(out).toContain(word);
    }
  });

  it("works as one file that needs nothing but Node", async () => {
    const file = join(folder, "storage-failover.js");
    await bundleCli(process.cwd(), file);
    const options = { cwd: folder, env: { ...environment, PATH: process.env.PATH } };
    const { stdout } = await execute(
      process.execPath,
      [file, "sync", "--from", "primary", "--to", "secondary", "--json"],
      options,
    );
    expect(JSON.parse(stdout)).toMatchObject({ command: "sync", outcome: "clean" });

    await synthesizePlans("primary", join(folder, "own-plan"));
    const drill = (...words: string[]) => execute(process.execPath, [file, "drill", ...words], options);
    const drilled = await drill("--virtual", "--runs", "20", "--json", "--synthesized", "own-plan");
    expect(JSON.parse(drilled.stdout)).toMatchObject({ runs: 20, hostname: expect.any(String) });
    expect(readFileSync(join(folder, "drill-report", "virtual.html"), "utf8")).toContain("<svg");
    await expect(drill("primary-killed")).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/clone.*drill --virtual/),
    });
  });
});
