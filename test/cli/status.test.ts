import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { withoutEnvironmentSecrets } from "../../cli/environment-secrets";
import { statusJson, statusText } from "../../cli/status/status-text";
import { ago, timeOfDay, timeSpan } from "../../cli/time-span";
import { TEXT_WIDTH, wrapped } from "../../cli/wrapped-text";
import { MARKER_VARIABLES } from "../../contract/environment";
import type { Marker } from "../../contract/marker";
import { STORE_NAMES } from "../../contract/stores";
import type { PoolHealth } from "../../drill/cloudflare/pool-health";
import { systemClock } from "../../lambda/replicator/clock";
import { run } from "../../lambda/replicator/run";
import { writeFacts } from "../../operate/facts/facts-file";
import { assess } from "../../operate/observe/assess";
import { type DeployedEdge, deployEdge, TOKEN } from "../operate/support/deployed-edge";
import { anyObservation, wellObserved } from "../operate/support/observations";
import {
  type CommandEnd,
  pairVariables,
  runCommand,
  startCommand,
  storeAccess,
  storePlaces,
} from "../support/command-line";
import { type EmbeddedStores, startEmbeddedStores } from "../support/embedded-stores";
import { startMarkerResolvers } from "../support/marker-resolvers";
import { clientFor } from "../support/opened-store";
import { runningStoreWriter } from "../support/store-writer";

describe("the text of status", () => {
  function facts(observation = wellObserved()) {
    const assessment = assess(observation, 900);
    return { hostname: "assets.example.com", observation, assessment, lagObjectiveSeconds: 900 };
  }

  it("shows a system that is well in a dozen lines", () => {
    expect(statusText(facts())).toBe(
      [
        "storage-failover status · assets.example.com · 12:00:00 UTC",
        "",
        " ✔ active      primary, by the marker, as 2 resolvers read it",
        " ✔ primary     active; healthy, say the monitors; answers 403 in 80 ms",
        " ✔ secondary   standby; healthy, say the monitors; answers 200 in 20 ms",
        " ✔ lag         3 min behind (objective 15 min), sync point 11:57:00 UTC",
        " ✔ last run    clean, 3 min ago; no exceptions",
        " ✔ edge        primary, secondary; fallback primary",
        " ✔ config      this project's toggle says primary",
        " ✔ last drill  passed, 3 days ago; reads back after 29 s",
        "               (drill-report/report.json)",
        "",
        " well",
      ].join("\n"),
    );
  });

  it("says read-only while writes are paused, and how the two disagree", () => {
    const paused: Marker = { active: "secondary", writesPaused: true };
    const text = statusText(facts({ ...wellObserved(), marker: { value: paused } }));
    expect(text).toContain(" ! active      secondary, read-only: writes are paused");
    expect(text).toContain("Cloudflare's record says active=primary, and the resolvers still say");
  });

  it("can be made of whatever is known and unknown, and fits where nobody gave a long word", () => {
    const whatever = fc.property(anyObservation, (observation) => {
      const known = facts(observation);
      const text = statusText(known);
      const json = JSON.stringify(statusJson(known));
      for (const told of [text, json]) expect(told).not.toMatch(/undefined|NaN|\[object|Invalid/);
      expect(JSON.parse(json)).toMatchObject({ command: "status", outcome: known.assessment.verdict });
      const wide = text.split("\n").filter((line) => line.length > TEXT_WIDTH);
      expect(wide.filter((line) => !/\S{50}/.test(line))).toEqual([]);
    });
    fc.assert(whatever, { seed: 6, numRuns: 1000 });
  });

  it("loses no word to its lines", () => {
    const word = fc.oneof(
      fc.stringMatching(/^[a-z]{1,90}$/),
      fc.stringMatching(/^[a-z:;,.-]{1,12}$/),
      fc.constantFrom("storage-failover", "storage-failover;", "--out", "RUNBOOK.md,"),
    );
    const words = fc.array(word, { minLength: 1, maxLength: 40 });
    const lossless = fc.property(words, (given) => {
      const lines = wrapped(" ✔ label  ", given.join(" ")).split("\n");
      expect(lines.join(" ").split(/\s+/).slice(3)).toEqual(given);
    });
    fc.assert(lossless, { seed: 6 });
  });

  it("keeps a command in one line, for whoever copies it", () => {
    const text = `${"word ".repeat(13)}storage-failover flip --to secondary --via api, and then the rest`;
    expect(wrapped("", text).split("\n")[1]).toMatch(/^storage-failover flip --to secondary --via api, and/);
  });

  it("never shows a secret of its environment, in whatever spelling somebody repeats it", () => {
    const secret = "s3cr3t/with+signs==";
    const environment = {
      TO_SECRET_ACCESS_KEY: secret,
      CLOUDFLARE_API_TOKEN: "token-of-cloudflare",
      HOME: "/home/me",
    };
    const said = `a ${secret} b ${encodeURIComponent(secret)} c token-of-cloudflare /home/me`;
    expect(withoutEnvironmentSecrets(said, environment)).toBe("a … b … c … /home/me");
    expect(withoutEnvironmentSecrets("nothing", { AWS_SESSION_TOKEN: "n" })).toBe("nothing");
  });

  it.each([
    [0, "0 s"],
    [119, "119 s"],
    [120, "2 min"],
    [121, "3 min"],
    [7199, "120 min"],
    [7200, "2 h"],
    [172_800, "2 days"],
    [1e9, "11,575 days"],
  ])("tells %d s as %s", (seconds, text) => {
    expect(timeSpan(seconds)).toBe(text);
  });

  it("tells times by now, and takes no harm from none", () => {
    const now = "2026-01-02T12:00:00.000Z";
    expect(ago("2026-01-02T11:59:15.000Z", now)).toBe("45 s ago");
    expect(ago("2026-01-02T12:00:05.000Z", now)).toBe("just now");
    expect(ago("yesterday", now)).toBe("at an unknown time");
    expect(timeOfDay("2026-01-01T23:59:59.000Z", now)).toBe("2026-01-01 23:59:59 UTC");
  });
});

describe("status", () => {
  let embedded: EmbeddedStores;
  let deployed: DeployedEdge;
  let resolvers: Awaited<ReturnType<typeof startMarkerResolvers>>;
  let folder: string;
  let environment: Record<string, string>;
  let marker: Marker = { active: "primary", writesPaused: false };
  const health: Record<string, PoolHealth> = {};
  const ends: CommandEnd[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "status-test-"));
    [embedded, deployed, resolvers] = await Promise.all([
      startEmbeddedStores(),
      deployEdge({
        poolHealth: (pool) => health[STORE_NAMES.find((store) => pool.includes(store)) ?? ""] ?? "healthy",
      }),
      startMarkerResolvers(() => marker),
    ]);
    await writeFacts(join(folder, "facts.json"), deployed.facts);
    environment = {
      [MARKER_VARIABLES.name]: deployed.facts.marker.name,
      [MARKER_VARIABLES.resolvers]: resolvers.urls.join(","),
      CLOUDFLARE_API_TOKEN: TOKEN,
      CLOUDFLARE_BASE_URL: deployed.cloudflare.baseUrl,
      ACTIVE_PROVIDER: "primary",
      ...pairVariables(embedded.stores.primary, embedded.stores.secondary),
      ...storePlaces(embedded.stores),
      ...storeAccess(embedded.stores),
    };
    const writer = runningStoreWriter(embedded.stores.primary);
    await writer.write("a", "a");
    writer.close();
  });

  afterAll(async () => {
    await Promise.all([embedded.stop(), deployed.cloudflare.stop(), resolvers.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  afterEach(() => {
    const secrets = [TOKEN, ...STORE_NAMES.map((store) => embedded.stores[store].secretAccessKey)];
    const printed = ends.splice(0).map(({ out, error }) => out + error);
    expect(printed.filter((text) => secrets.some((secret) => text.includes(secret)))).toEqual([]);
  });

  function args(...more: string[]): string[] {
    // Nothing was planned there: the environment says it all.
    return ["status", "--facts", join(folder, "facts.json"), "--report", folder, ...more];
  }

  async function status(change: Record<string, string>, ...more: string[]) {
    const end = await runCommand(args(...more), { ...environment, ...change });
    ends.push(end);
    return end;
  }

  async function json(change: Record<string, string> = {}, ...more: string[]) {
    const end = await status(change, "--json", ...more);
    return { code: end.code, facts: JSON.parse(end.out) };
  }

  it("knows nothing of the standby before the first run, and everything after it", async () => {
    const before = await json();
    expect(before).toMatchObject({
      code: 0,
      facts: {
        active: "primary",
        observation: { standby: { unknown: expect.stringContaining("no run has left a note") } },
      },
    });
    await replicate();
    expect(await json()).toMatchObject({
      code: 0,
      facts: {
        outcome: "well",
        readOnly: false,
        concerns: [],
        observation: {
          edge: { value: { pools: { secondary: { health: { value: "healthy" } } } } },
          origins: { primary: { value: { status: expect.any(Number) } } },
          standby: { value: { store: "secondary", lastRun: { outcome: "clean" }, versioned: true } },
        },
      },
    });
    const behind = await json({}, "--max-lag", "1");
    expect(behind.facts.observation.standby.value.lagSeconds).toBeGreaterThanOrEqual(0);
  });

  it("ends with 1 when the two sides of a flip disagree, or a store is unhealthy", async () => {
    const drifted = await status({ ACTIVE_PROVIDER: "secondary" });
    expect(drifted).toMatchObject({ code: 1, error: "" });
    expect(drifted.out).toMatch(/✘ primary is active, and this project's toggle says secondary/);
    health.secondary = "unhealthy";
    const sick = await status({});
    health.secondary = "healthy";
    expect(sick).toMatchObject({ code: 1, error: "" });
    expect(sick.out).toMatch(
      /✘ Cloudflare's monitors find the standby \(secondary\) unhealthy\n +→ until it is back/,
    );
  });

  it("makes do without a token, without resolvers, and without a store's key pair", async () => {
    const end = await status({ CLOUDFLARE_API_TOKEN: "" });
    expect(end).toMatchObject({ code: 0, error: "" });
    expect(end.out).toContain("– edge        unknown: set CLOUDFLARE_API_TOKEN");

    const dark = await json({ [MARKER_VARIABLES.resolvers]: "http://127.0.0.1:9/a,http://127.0.0.1:10/b" });
    expect(dark).toMatchObject({ code: 1, facts: { active: null, concerns: [{ id: "marker" }] } });
    expect(dark.facts.observation.standby).toHaveProperty("value");

    const refused = await json({ SECONDARY_SECRET_ACCESS_KEY: "of-somebody-else" });
    expect(refused.facts.observation.standby).toEqual({
      unknown: expect.stringContaining("assets-secondary"),
    });
  });

  it("ends with 3 when nobody can be reached, and with 2 for what cannot be meant", async () => {
    const nowhere = "http://127.0.0.1:9";
    const alone = await status(
      {
        CLOUDFLARE_BASE_URL: "http://127.0.0.1:9/client/v4/",
        [MARKER_VARIABLES.resolvers]: "http://127.0.0.1:9/a,http://127.0.0.1:10/b",
        PRIMARY_ORIGIN: nowhere,
        SECONDARY_ORIGIN: nowhere,
        SECONDARY_ENDPOINT: nowhere,
      },
      "--timeout",
      "2",
    );
    expect(alone).toMatchObject({ code: 3, error: "" });
    expect(alone.out).toContain("nobody could be reached");
    expect(await status({}, "--synthesized", join(folder, "nothing"))).toMatchObject({ code: 2, out: "" });
    expect(await status({}, "--watch", "soon")).toMatchObject({ code: 2, out: "" });
  });

  it("looks again and again until it is told to stop, one JSON object a line", async () => {
    const watching = startCommand(args("--watch", "1", "--json"), environment);
    let seen = "";
    while (seen.split("\n").length < 3) {
      const [chunk] = await once(watching.process.stdout, "data");
      seen += String(chunk);
      if (seen.split("\n").length === 2) marker = { active: "primary", writesPaused: true };
    }
    watching.process.kill("SIGINT");
    marker = { active: "primary", writesPaused: false };
    expect((await watching.end).code).toBe(0);
    const looks = seen
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).readOnly);
    expect(looks.slice(0, 2)).toEqual([false, true]);
  });

  /** Only the replicator itself leaves the notes that are looked for. */
  async function replicate(): Promise<void> {
    const { primary, secondary } = embedded.stores;
    const clients = { primary: clientFor(primary), secondary: clientFor(secondary) };
    const report = await run({
      clients,
      marker: { read: () => Promise.resolve(marker) },
      holdMilliseconds: 20_000,
      budgetMilliseconds: 60_000,
      by: "test",
      watermarkMarginMilliseconds: 120_000,
      clock: systemClock,
      random: () => 0.5,
    });
    for (const client of Object.values(clients)) client.close();
    expect(report.outcome).toBe("clean");
  }
});
