import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { MARKER_VARIABLES } from "../../contract/environment";
import type { Marker } from "../../contract/marker";
import { STORE_NAMES, type StoreName } from "../../contract/stores";
import { readEdgePlan } from "../../drill/edge/read-edge-plan";
import { bundleOperatorProgram } from "../../drill/scenario/operator-program";
import { systemClock } from "../../lambda/replicator/clock";
import type { RunReport } from "../../lambda/replicator/report";
import { run } from "../../lambda/replicator/run";
import { formatFacts } from "../../operate/facts/facts-shape";
import { type DeployedEdge, deployEdge, HOSTNAME, TOKEN } from "../operate/support/deployed-edge";
import { type CommandEnd, startProgramFile, storeAccess, storePlaces } from "../support/command-line";
import { type EmbeddedStores, startEmbeddedStores } from "../support/embedded-stores";
import { startMarkerResolvers } from "../support/marker-resolvers";
import { clientFor } from "../support/opened-store";
import { runningStoreWriter } from "../support/store-writer";

/** A flip of minutes in a second: what a drill on this machine may ask for. */
const SHORT = ["--fence-seconds", "1"];

/** The journal of the active store was written a moment ago, and there is nothing wrong with that here. */
const YOUNG = ["--quiet-minutes", "0"];

/** The AWS SDK looks for a key pair nowhere. */
const NO_CHAIN = { AWS_EC2_METADATA_DISABLED: "true", HOME: tmpdir() };

const CDKTF_JSON =
  '{\n  "app": "npx tsx main.ts",\n  "context": {\n    "activeProvider": "primary"\n  }\n}\n';

describe("facts, flip and guard", () => {
  let embedded: EmbeddedStores;
  let deployed: DeployedEdge;
  let resolvers: Awaited<ReturnType<typeof startMarkerResolvers>>;
  let stores: Record<string, string>;
  let programFolder: string;
  let program: string;
  let folder: string;
  let cached: Marker | undefined;
  const ends: CommandEnd[] = [];

  const live = () => {
    const { marker, defaultPools, fallbackPool } = readEdgePlan(deployed.cloudflare.stack());
    const order = defaultPools.map(({ origin }) => origin.name);
    return { marker: marker.content, order, fallback: fallbackPool.origin.name };
  };

  const at = (active: StoreName, writesPaused = false) => ({
    marker: { active, writesPaused },
    order: active === "primary" ? ["primary", "secondary"] : ["secondary", "primary"],
    fallback: active,
  });

  beforeAll(async () => {
    // One file starts in a moment, and this suite runs the command often.
    programFolder = mkdtempSync(join(tmpdir(), "flip-program-"));
    program = await bundleOperatorProgram(programFolder);
    embedded = await startEmbeddedStores();
    resolvers = await startMarkerResolvers(() => cached ?? live().marker);
    stores = { ...storePlaces(embedded.stores), ...storeAccess(embedded.stores) };
    const writer = runningStoreWriter(embedded.stores.primary);
    await writer.write("a", "a");
    writer.close();
  });

  afterAll(async () => {
    await Promise.all([embedded.stop(), resolvers.stop()]);
    rmSync(programFolder, { recursive: true, force: true });
  });

  beforeEach(async () => {
    deployed = await deployEdge();
    cached = undefined;
    folder = mkdtempSync(join(tmpdir(), "flip-test-"));
    writeFileSync(join(folder, "cdktf.json"), CDKTF_JSON);
    writeFileSync(join(folder, "storage-failover.facts.json"), formatFacts(deployed.facts));
    await replicate();
  });

  afterEach(async () => {
    await deployed.cloudflare.stop();
    rmSync(folder, { recursive: true, force: true });
    const secrets = [TOKEN, ...STORE_NAMES.map((store) => embedded.stores[store].secretAccessKey)];
    const printed = ends.splice(0).map(({ out, error }) => out + error);
    expect(printed.filter((text) => secrets.some((secret) => text.includes(secret)))).toEqual([]);
  });

  function git(...words: string[]): string {
    const who = ["-c", "user.name=Test", "-c", "user.email=test@example.com"];
    return execFileSync("git", [...who, ...words], { cwd: folder, encoding: "utf8" });
  }

  function environment(): Record<string, string> {
    return {
      ...stores,
      // No plan is here, and nothing names the marker: the facts do.
      [MARKER_VARIABLES.resolvers]: resolvers.urls.join(","),
      CLOUDFLARE_API_TOKEN: TOKEN,
      CLOUDFLARE_BASE_URL: deployed.cloudflare.baseUrl,
    };
  }

  function start(...words: string[]) {
    return startProgramFile(program, words, environment(), folder);
  }

  async function command(...words: string[]): Promise<CommandEnd> {
    const end = await start(...words).end;
    ends.push(end);
    return end;
  }

  async function json(...words: string[]) {
    const end = await command(...words, "--json");
    return { code: end.code, error: end.error, said: JSON.parse(end.out) };
  }

  it("flip to the other store and back, and say that the configuration has to follow", async () => {
    const dry = await json("flip", "--to", "secondary", "--dry-run", ...YOUNG);
    expect(dry).toMatchObject({ code: 0, said: { outcome: "dry-run", reasons: [], to: "secondary" } });
    expect(live()).toEqual(at("primary"));

    const done = await json("flip", "--to", "secondary", "--yes", ...YOUNG);
    expect(done).toMatchObject({
      code: 0,
      said: {
        outcome: "flipped",
        exposureSeconds: expect.any(Number),
        next: expect.arrayContaining([expect.stringContaining("cdktf.json still says primary")]),
      },
    });
    expect(live()).toEqual(at("secondary"));

    const again = await json("flip", "--to", "secondary", "--yes");
    expect(again).toMatchObject({ code: 0, said: { outcome: "already" } });
    expect(deployed.cloudflare.changes).toHaveLength(2);

    await replicate();
    expect(await json("flip", "--to", "primary", "--yes", ...YOUNG)).toMatchObject({
      code: 0,
      said: { outcome: "flipped", next: [] },
    });
    expect(live()).toEqual(at("primary"));
  });

  it("leave a trace of a flip there and back between two runs, so that no deletion comes back", async () => {
    const { primary, secondary } = embedded.stores;
    const writers = { primary: runningStoreWriter(primary), secondary: runningStoreWriter(secondary) };
    await writers.primary.write("deleted-meanwhile", "b");
    const { epoch } = await replicate();

    const there = await command("flip", "--to", "secondary", "--yes", ...YOUNG);
    expect(there).toMatchObject({ code: 0, out: expect.stringContaining("noted on secondary: epoch") });
    await writers.secondary.delete("deleted-meanwhile");
    // Nobody has replicated since: the journal on the primary is still about before the flip.
    expect(await json("flip", "--to", "primary", "--yes")).toMatchObject({
      said: { outcome: "refused", reasons: [{ check: "lag" }, { check: "recent-flip" }] },
    });
    const back = ["flip", "--to", "primary", "--yes", "--accept-loss", "--force", "recent-flip"];
    expect(await command(...back)).toMatchObject({ code: 0 });

    const report = await replicate();
    expect(report.epoch).toBeGreaterThan(epoch ?? 0);
    expect(report.exceptions.map(({ kind, key }) => `${kind} ${key}`)).toContain("deleted deleted-meanwhile");
    await writers.primary.delete("deleted-meanwhile");
    await replicate();
    for (const writer of Object.values(writers)) writer.close();
  });

  it("flip though the standby cannot be written, and say who notes it", async () => {
    const { SECONDARY_SECRET_ACCESS_KEY: _, SECONDARY_ACCESS_KEY_ID: __, ...others } = environment();
    const words = ["flip", "--to", "secondary", "--yes", "--accept-loss", ...YOUNG];
    const end = await startProgramFile(program, words, { ...others, ...NO_CHAIN }, folder).end;
    ends.push(end);
    expect(end).toMatchObject({ code: 0, out: expect.stringContaining("secondary could not note the flip") });
    expect(live()).toEqual(at("secondary"));
  });

  it("refuse with every reason at once, and go on over those that are named", async () => {
    cached = { active: "primary", writesPaused: true };
    await new Promise((later) => setTimeout(later, 1100));
    const refused = await json("flip", "--to", "secondary", "--yes", "--max-lag", "1");
    expect(refused).toMatchObject({ code: 1, said: { outcome: "refused" } });
    expect(refused.said.reasons.map(({ check }: { check: string }) => check)).toEqual([
      "lag",
      "recent-flip",
      "marker",
    ]);
    const text = await command("flip", "--to", "secondary", "--yes", "--max-lag", "1");
    expect(text.out).toMatch(
      /^flip to secondary refused\n\n {2}✘ standby is \d+ s behind, objective is 1 s \(lag\)\n {4}→ .*--accept-loss/,
    );
    expect(text.out).toMatch(/What could be missing .*: writes since\n/);
    expect(deployed.cloudflare.changes).toEqual([]);

    const words = ["flip", "--to", "secondary", "--yes", "--max-lag", "1", "--accept-loss"];
    const forced = await json(...words, "--force", "recent-flip", "marker");
    expect(forced).toMatchObject({ code: 0, said: { outcome: "flipped" } });
    expect(forced.said.overridden).toHaveLength(3);
  });

  it("speak of accepting a loss only where that would clear a refusal", async () => {
    const { code, out } = await command("flip", "--to", "secondary", "--yes");
    expect([code, out]).toEqual([1, expect.stringContaining("→ wait 30 min; or: --force recent-flip")]);
    expect(out).not.toContain("--accept-loss");
  });

  it("ask for the store's name, and take no pipe for an answer", async () => {
    const end = await command("flip", "--to", "secondary", ...YOUNG);
    expect(end).toMatchObject({ code: 1 });
    expect(end.error).toContain("to agree beforehand: --yes");
    expect(deployed.cloudflare.changes).toEqual([]);
  });

  it("flip as planned: pause, wait for a pass that began afterwards, move, wait, resume", async () => {
    const flipping = start("flip", "--to", "secondary", "--planned", "--yes", "--json", ...SHORT, ...YOUNG);
    await until(() => live().marker.writesPaused);
    expect(live()).toEqual(at("primary", true));
    const passes = setInterval(() => void replicate(), 700);
    const end = await flipping.end.finally(() => clearInterval(passes));
    ends.push(end);

    expect(end.code).toBe(0);
    expect(JSON.parse(end.out)).toMatchObject({ outcome: "flipped", planned: true });
    expect(live()).toEqual(at("secondary"));
    const markers = deployed.cloudflare.requests.flatMap(({ body: { content } }) => content ?? []);
    expect(markers).toEqual([
      '"active=primary;writes=paused"',
      '"active=secondary;writes=paused"',
      '"active=secondary"',
    ]);
  });

  it("let writers go on when they are interrupted while nothing has moved", async () => {
    const flipping = start("flip", "--to", "secondary", "--planned", "--yes", ...SHORT, ...YOUNG);
    await until(() => live().marker.writesPaused);
    flipping.process.kill("SIGINT");
    const end = await flipping.end;
    ends.push(end);

    expect(end.code).toBe(130);
    expect(end.out).toContain("called off: writers go on");
    expect(live()).toEqual(at("primary"));
    expect(await json("flip", "--to", "secondary", "--yes", ...YOUNG)).toMatchObject({ code: 0 });
  });

  it("go on where a killed one ended, and end a pause that nobody is at", async () => {
    const flipping = start("flip", "--to", "secondary", "--planned", "--yes", ...SHORT, ...YOUNG);
    await until(() => live().marker.writesPaused);
    flipping.process.kill("SIGKILL");
    await once(flipping.process, "exit");

    const other = await json("flip", "--to", "secondary", "--yes", ...YOUNG);
    expect(other).toMatchObject({ code: 1 });
    expect(other.said.reasons.map(({ check }: { check: string }) => check)).toEqual([
      "writes-paused",
      "other-flip",
    ]);

    const resumed = await json("flip", "--resume-writes");
    expect(resumed).toMatchObject({ code: 0, said: { outcome: "called-off" } });
    expect(live()).toEqual(at("primary"));
    // Of another machine there is no journal: the fence is waited.
    rmSync(join(folder, ".storage-failover"), { recursive: true });
    await deployed.edge.writeMarker({ active: "primary", writesPaused: true }, new AbortController().signal);
    expect(await json("flip", "--resume-writes", ...SHORT)).toMatchObject({
      said: { outcome: "writes-resumed" },
    });
    expect(live()).toEqual(at("primary"));
  });

  it("end with 3 while Cloudflare is down, and finish when it is back", async () => {
    deployed.cloudflare.setFault(({ method, path }) =>
      method === "PATCH" && path.includes("/load_balancers/")
        ? { kind: "status", status: 429, retryAfterSeconds: 900 }
        : undefined,
    );
    const stopped = await command("flip", "--to", "secondary", "--yes", ...YOUNG);
    expect(stopped).toMatchObject({ code: 3 });
    expect(stopped.out).toContain(
      "The flip is not finished. Go on with it: storage-failover flip --to secondary",
    );
    expect(live()).toEqual({ ...at("primary"), marker: { active: "secondary", writesPaused: false } });

    deployed.cloudflare.setFault(undefined);
    expect(await json("flip", "--to", "secondary", "--yes")).toMatchObject({
      code: 0,
      said: { outcome: "flipped" },
    });
    expect(live()).toEqual(at("secondary"));
  });

  it("make a branch that changes one word, and leave everything else as it is", async () => {
    git("init", "-q", "-b", "main");
    git("config", "user.name", "Test");
    git("config", "user.email", "test@example.com");
    git("add", "cdktf.json");
    git("commit", "-q", "-m", "first");
    writeFileSync(join(folder, "dirty"), "not to be touched");

    const made = await json("flip", "--to", "secondary", "--via", "config", "--branch", "flip-now", ...YOUNG);

    expect(made).toMatchObject({ code: 0, said: { outcome: "branch", branch: "flip-now" } });
    expect(git("diff", "--numstat", "main", "flip-now")).toBe("1\t1\tcdktf.json\n");
    expect(git("show", "flip-now:cdktf.json")).toBe(CDKTF_JSON.replace("primary", "secondary"));
    expect(git("log", "-1", "--format=%s", "flip-now")).toBe("flip: secondary becomes active\n");
    expect(git("branch", "--show-current")).toBe("main\n");
    expect(readFileSync(join(folder, "cdktf.json"), "utf8")).toBe(CDKTF_JSON);
    expect(deployed.cloudflare.changes).toEqual([]);
    const twice = await command(
      "flip",
      "--to",
      "secondary",
      "--via",
      "config",
      "--branch",
      "flip-now",
      ...YOUNG,
    );
    expect(twice).toMatchObject({ code: 2 });

    // After a flip through the API the configuration follows, without anything to judge.
    await command("flip", "--to", "secondary", "--yes", ...YOUNG);
    expect(await json("flip", "--to", "secondary", "--via", "config")).toMatchObject({
      said: { outcome: "branch" },
    });
  });

  it("hold back an apply that would undo a flip by hand, and let through what follows it", async () => {
    const guard = (...words: string[]) => json("guard", ...words);
    // No flip: the pipeline applies something else.
    const unchanged = ["--replaces", "primary", "--becomes", "primary"];
    expect(await guard(...unchanged)).toMatchObject({
      code: 0,
      said: { outcome: "passes", live: "active=primary" },
    });
    await deployed.edge.writeMarker(
      { active: "secondary", writesPaused: false },
      new AbortController().signal,
    );
    cached = { active: "primary", writesPaused: false };

    const refused = await guard(...unchanged);
    expect(refused).toMatchObject({ code: 1, said: { outcome: "refused", live: "active=secondary" } });
    expect(refused.said.reasons[0].remedy).toContain("flip --to secondary --via config");
    expect(await guard("--replaces", "primary", "--becomes", "secondary")).toMatchObject({ code: 0 });

    git("init", "-q", "-b", "main");
    git("add", "cdktf.json");
    git("commit", "-q", "-m", "first");
    expect(await command("guard")).toMatchObject({ code: 2, error: expect.stringContaining("--replaces") });
    git("commit", "-q", "-m", "second", "--allow-empty");
    expect(await guard()).toMatchObject({ code: 1, said: { replaces: "primary", becomes: "primary" } });
  });

  it("refuse what cannot be meant", async () => {
    const meant = async (...words: string[]) => (await command("flip", ...words)).error;
    expect(await meant()).toContain("--to is missing");
    expect(await meant("--to", "tertiary")).toContain("primary, secondary");
    expect(await meant("--to", "secondary", "--planned", "--via", "config")).toContain("needs --via api");
    expect(await meant("--to", "secondary", "--force", "everything")).toContain("standby-health");
    expect(existsSync(join(folder, ".storage-failover"))).toBe(false);
  });

  it("find the ids, and notice when one is gone", async () => {
    rmSync(join(folder, "storage-failover.facts.json"));
    expect(await command("facts", "--check")).toMatchObject({ code: 2 });
    expect(await command("facts", "--hostname", HOSTNAME)).toMatchObject({ code: 0 });
    expect(await json("facts", "--check")).toMatchObject({ code: 0, said: { outcome: "right" } });

    const file = join(folder, "storage-failover.facts.json");
    writeFileSync(file, readFileSync(file, "utf8").replace(deployed.facts.pools.primary.id, "a".repeat(32)));
    const stale = await json("facts", "--check");
    expect(stale).toMatchObject({
      code: 1,
      said: { outcome: "changed", changed: [{ path: "pools.primary.id" }] },
    });
  });

  /** Only the replicator itself leaves the notes that a flip goes by. */
  async function replicate(): Promise<RunReport> {
    const { primary, secondary } = embedded.stores;
    const clients = { primary: clientFor(primary), secondary: clientFor(secondary) };
    const report = await run({
      clients,
      marker: { read: () => Promise.resolve(live().marker) },
      holdMilliseconds: 20_000,
      budgetMilliseconds: 60_000,
      by: "test",
      watermarkMarginMilliseconds: 120_000,
      clock: systemClock,
      random: () => 0.5,
    });
    for (const client of Object.values(clients)) client.close();
    return report;
  }
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((later) => setTimeout(later, 50));
}
