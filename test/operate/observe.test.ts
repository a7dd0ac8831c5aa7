import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { EPOCH_KEY } from "../../contract/state-keys";
import { createAuthority, EXPIRED } from "../../drill/gateway/certificates";
import { close, listen } from "../../drill/machine/loopback-server";
import type { Observation } from "../../operate/observation";
import { notAsked } from "../../operate/observe/ask";
import { assess } from "../../operate/observe/assess";
import { type DriftKind, findDrift } from "../../operate/observe/drift";
import { lastDrill } from "../../operate/observe/last-drill";
import { type ObservationSources, observe } from "../../operate/observe/observe";
import { askOrigin } from "../../operate/observe/origin-answer";
import { projectToggle } from "../../operate/observe/project-toggle";
import { resolverQuestions } from "../../operate/observe/read-marker";
import { standbyNotes } from "../../operate/observe/standby-notes";
import { startMarkerResolvers } from "../support/marker-resolvers";
import { ReplicatedPair, storeError } from "../support/replicated-pair";
import { AT, anyObservation, edgeWith, wellEdge, wellObserved } from "./support/observations";

const signal = new AbortController().signal;
const PRIMARY = { active: "primary", writesPaused: false } as const;

/** Sources that say at once that all is well. */
function wellSources(): ObservationSources {
  const well = wellObserved();
  const said = <T>(known: { readonly value: T } | { readonly unknown: string }) => {
    if (!("value" in known)) throw new Error("all is known here");
    return () => Promise.resolve(known.value);
  };
  return {
    resolvers: {
      value: ["one.example", "two.example"].map((name) => ({ name, read: said({ value: PRIMARY }) })),
    },
    config: said(well.config),
    edge: said(well.edge),
    origins: { primary: said(well.origins.primary), secondary: said(well.origins.secondary) },
    notes: { primary: notAsked("the primary is not the standby"), secondary: said(well.standby) },
    lastDrill: said(well.lastDrill),
    now: () => new Date(AT),
  };
}

const never = () => new Promise<never>(() => undefined);

describe("an observation", () => {
  it("has what everybody says", async () => {
    expect(await observe(wellSources(), signal)).toEqual(wellObserved());
  });

  it("comes to an end when nobody answers, and says of each that nobody did", async () => {
    const sources: ObservationSources = {
      resolvers: { value: [{ name: "one.example", read: never }] },
      config: never,
      edge: never,
      origins: { primary: never, secondary: never },
      notes: { primary: never, secondary: never },
      lastDrill: never,
      seconds: 0.05,
    };
    const observation = await observe(sources, signal);
    const late = { unknown: "no answer within 0.05 s" };
    expect(observation).toMatchObject({
      marker: { unknown: "one.example: no answer within 0.05 s" },
      config: late,
      edge: late,
      origins: { primary: late, secondary: late },
      standby: { unknown: "which store is the standby cannot be told" },
      lastDrill: late,
    });
    expect(assess(observation, 600).verdict).toBe("unreachable");
  });

  it.each<[string, Partial<ObservationSources>, Partial<Observation>]>([
    [
      "a source that throws",
      { edge: () => Promise.reject(new Error("two\n lines")) },
      { edge: { unknown: "two lines" } },
    ],
    [
      "one whose reason is in its cause",
      { lastDrill: () => Promise.reject(new Error("fetch failed", { cause: new Error("no route") })) },
      { lastDrill: { unknown: "fetch failed: no route" } },
    ],
    ["what is no error", { config: () => Promise.reject("odd") }, { config: { unknown: "odd" } }],
    [
      "no resolvers",
      { resolvers: { unknown: "no plan" } },
      { marker: { unknown: "no plan" }, resolvers: [] },
    ],
  ])("keeps the rest when there is %s", async (_case, change, expected) => {
    expect(await observe({ ...wellSources(), ...change }, signal)).toEqual({
      ...wellObserved(),
      ...expected,
    });
  });

  it("ends when it is told to, whoever is still silent", async () => {
    const stop = new AbortController();
    const observation = observe({ ...wellSources(), edge: never }, stop.signal);
    stop.abort(new Error("interrupted"));
    await expect(observation).rejects.toThrow("interrupted");
  });

  it("takes the standby from the marker, else from Cloudflare's record, else from the project", async () => {
    const asked: string[] = [];
    const notes = {
      primary: () => Promise.reject(new Error(String(asked.push("primary")))),
      secondary: () => Promise.reject(new Error(String(asked.push("secondary")))),
    };
    const silent = { resolvers: { unknown: "down" } };
    const edge = () => Promise.resolve(wellEdge("secondary"));
    await observe({ ...wellSources(), notes, edge }, signal);
    await observe({ ...wellSources(), notes, edge, ...silent }, signal);
    await observe({ ...wellSources(), notes, ...silent, edge: never, seconds: 0.05 }, signal);
    expect(asked).toEqual(["secondary", "primary", "secondary"]);
  });
});

describe("the marker", () => {
  it("is what both resolvers say, and unknown where they differ", async () => {
    let count = 0;
    const answers = [PRIMARY, PRIMARY, PRIMARY, { active: "secondary", writesPaused: true }] as const;
    const resolvers = await startMarkerResolvers(() => answers[count++] ?? PRIMARY);
    const sources = {
      ...wellSources(),
      resolvers: { value: resolverQuestions("_storage-failover.assets.example.com", resolvers.urls) },
    };
    try {
      expect((await observe(sources, signal)).marker).toEqual({ value: PRIMARY });
      const { marker, resolvers: readings } = await observe(sources, signal);
      expect(marker).toEqual({
        unknown: expect.stringMatching(/^resolvers disagree: 127.0.0.1:\d+ says active=/),
      });
      expect(readings.map(({ reading }) => reading)).toContainEqual({ value: PRIMARY });
    } finally {
      await resolvers.stop();
    }
  });
});

describe("the standby's notes", () => {
  it("tell how far it is behind by its own clock, and how the last run went", async () => {
    const pair = new ReplicatedPair();
    for (const store of ["primary", "secondary"] as const) pair.write(store, "both", store);
    const { syncPoint, endedAt } = await pair.run();
    pair.clock.advance(60_000);

    const notes = await standbyNotes(pair.clients.secondary, "secondary");
    expect(notes).toMatchObject({
      store: "secondary",
      epoch: 1,
      active: "primary",
      syncPoint,
      lagSeconds: 61,
      lastRun: { endedAt, outcome: "clean", exceptionCounts: { conflict: 1 } },
      versioned: true,
    });
  });

  it("tell what was open before until a whole pass has found it closed", async () => {
    const pair = await ReplicatedPair.replicated();
    const open = async () => {
      const notes = await standbyNotes(pair.clients.secondary, "secondary");
      return [notes.lastRun?.outcome, notes.lastRun?.exceptionCounts];
    };
    pair.write("secondary", "b", "theirs");
    pair.write("primary", "b", "ours");
    await pair.run();
    expect(await open()).toEqual(["clean", { conflict: 1 }]);
    // Out of time before it has looked at any key, twice.
    await pair.run({ budgetMilliseconds: 0 });
    expect(await open()).toEqual(["incomplete", { conflict: 1 }]);
    await pair.run({ budgetMilliseconds: 0 });
    expect(await open()).toEqual(["incomplete", { conflict: 1 }]);
    pair.delete("secondary", "b");
    pair.delete("primary", "b");
    await pair.run();
    expect(await open()).toEqual(["clean", {}]);
  });

  it("say nothing of a direction that has ended", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.marker.marker = { active: "secondary", writesPaused: false };
    const stale = await standbyNotes(pair.clients.primary, "primary");
    expect(stale).toMatchObject({ active: "primary" });
    expect(stale).not.toHaveProperty("lagSeconds");
    await pair.run();
    expect(await standbyNotes(pair.clients.primary, "primary")).toMatchObject({
      epoch: 2,
      active: "secondary",
      lagSeconds: expect.any(Number),
    });
    const former = await standbyNotes(pair.clients.secondary, "secondary");
    expect(former).not.toHaveProperty("syncPoint");
    // By its own journal this store is the active one: what was noted on it is about no standby.
    const journal = { ...JSON.parse(pair.body("primary", EPOCH_KEY) ?? ""), active: "primary" };
    pair.write("primary", EPOCH_KEY, JSON.stringify(journal));
    expect(await standbyNotes(pair.clients.primary, "primary")).not.toHaveProperty("syncPoint");
  });

  it("are missing before the first run, and where they cannot be read", async () => {
    const pair = new ReplicatedPair();
    await expect(standbyNotes(pair.clients.secondary, "secondary")).rejects.toThrow(/no run has left a note/);
    await pair.run();
    pair.intercept = (_store, operation) => {
      if (operation === "versioning") throw storeError("access-denied");
    };
    expect(await standbyNotes(pair.clients.secondary, "secondary")).toMatchObject({ versioned: undefined });
    pair.intercept = (_store, _operation, key) => {
      if (key === EPOCH_KEY) throw storeError("unreachable");
    };
    await expect(standbyNotes(pair.clients.secondary, "secondary")).rejects.toMatchObject({
      kind: "unreachable",
    });
  });
});

describe("an origin", () => {
  it("answers whatever it answers; of a certificate that has ended its end is seen", async () => {
    const { key, certificate } = createAuthority().issue({ days: EXPIRED });
    const hosts: (string | undefined)[] = [];
    const server = createHttpsServer({ key, cert: certificate }, (request, response) => {
      hosts.push(request.headers.host);
      response.statusCode = 403;
      response.end("x".repeat(100_000));
    });
    const port = await listen(server);
    try {
      const url = new URL(`https://127.0.0.1:${port}/health.txt`);
      const answer = await askOrigin({ url, host: "assets.example.com" }, signal);
      expect(answer).toMatchObject({ status: 403, milliseconds: expect.any(Number) });
      expect(Date.parse(answer.certificateEnds ?? "")).toBeLessThan(Date.now());
      expect(hosts).toEqual(["assets.example.com"]);
    } finally {
      await close(server);
    }
  });

  it("on this machine has no certificate, and one that is gone no answer", async () => {
    const server = createHttpServer((_request, response) => response.end("well"));
    const port = await listen(server);
    const url = new URL(`http://127.0.0.1:${port}/`);
    expect(await askOrigin({ url }, signal)).toEqual({ status: 200, milliseconds: expect.any(Number) });
    await close(server);
    await expect(askOrigin({ url }, signal)).rejects.toThrow(/ECONNREFUSED/);
    await expect(askOrigin({ url }, AbortSignal.abort())).rejects.toThrow(/abort/i);
  });
});

describe("this project", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "observe-test-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function written(name: string, content: unknown): string {
    const file = join(folder, name);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
    return file;
  }

  it("has the toggle that a deployment would take, or none that is known", async () => {
    const file = written("cdktf.json", { context: { activeProvider: "secondary" } });
    expect(await projectToggle({ file })).toBe("secondary");
    expect(await projectToggle({ file, override: "primary" })).toBe("primary");
    await expect(projectToggle({ file, override: "" })).rejects.toThrow(/ACTIVE_PROVIDER is ""/);
    await expect(projectToggle({ file: join(folder, "none.json") })).rejects.toThrow(/no .*none.json here/);
    await expect(projectToggle({ file: written("empty.json", {}) })).rejects.toThrow(/has no context/);
    await expect(projectToggle({ file: written("odd.json", "{") })).rejects.toThrow(/is no JSON/);
    const wrong = written("wrong.json", { context: { activeProvider: "Primary" } });
    await expect(projectToggle({ file: wrong })).rejects.toThrow(/"Primary"; allowed: primary, secondary/);
  });

  it("has the latest drill, whichever of its reports that is", async () => {
    const reports = join(folder, "reports");
    await expect(lastDrill(reports)).rejects.toThrow(/run: storage-failover drill/);
    written("reports/report.json", {
      startedAt: "2026-01-01T00:00:00.000Z",
      passed: true,
      recovery: { dataPlaneSeconds: 28.5 },
      rpo: { seconds: 114 },
    });
    written("reports/odd/report.json", { startedAt: 5, passed: "yes" });
    written("reports/broken/report.json", "{");
    expect(await lastDrill(reports)).toMatchObject({ passed: true, rtoSeconds: 28.5, rpoSeconds: 114 });
    const later = written("reports/killed/report.json", {
      startedAt: "2026-01-02T00:00:00.000Z",
      passed: false,
      recovery: null,
    });
    expect(await lastDrill(reports)).toEqual({
      startedAt: "2026-01-02T00:00:00.000Z",
      passed: false,
      report: later,
    });
  });
});

describe("drift", () => {
  const secondary = { active: "secondary", writesPaused: false } as const;
  const paused = { active: "primary", writesPaused: true } as const;
  const cases: readonly [string, Partial<Observation>, readonly DriftKind[]][] = [
    ["nothing, when all agree", {}, []],
    ["nothing, when nothing is known", unknownBut({}), []],
    [
      "resolvers that disagree",
      {
        marker: { unknown: "resolvers disagree" },
        resolvers: [
          { name: "one.example", reading: { value: PRIMARY } },
          { name: "two.example", reading: { value: secondary } },
        ],
      },
      ["resolvers"],
    ],
    [
      "a record that resolvers do not have yet",
      { edge: edgeWith("primary", () => ({ marker: { content: "", marker: { value: paused } } })) },
      ["record"],
    ],
    [
      "a record that is no marker",
      { edge: edgeWith("primary", () => ({ marker: { content: '"x"', marker: { unknown: "no store" } } })) },
      ["record"],
    ],
    ["an order that was left behind", { edge: withOrder(["pool-secondary", "pool-primary"]) }, ["order"]],
    ["an order of strangers", { edge: withOrder(["pool-of-somebody"]) }, ["order"]],
    ["no order at all", { edge: withOrder([]) }, ["order"]],
    [
      "a fallback that was left behind",
      {
        edge: edgeWith("primary", ({ loadBalancer }) => ({
          loadBalancer: { ...loadBalancer, fallbackPool: "pool-secondary" },
        })),
      },
      ["fallback"],
    ],
    [
      "a region that was left behind",
      {
        edge: edgeWith("primary", ({ loadBalancer }) => ({
          loadBalancer: { ...loadBalancer, regionPools: { OC: ["pool-secondary"] } },
        })),
      },
      ["regions"],
    ],
    [
      "what is switched off",
      {
        edge: edgeWith("primary", ({ loadBalancer, pools }) => ({
          loadBalancer: { ...loadBalancer, enabled: false },
          pools: { ...pools, secondary: { ...pools.secondary, enabled: false } },
        })),
      },
      ["pool-off", "load-balancer-off"],
    ],
    ["a break-glass flip that the project does not know", { config: { value: "secondary" } }, ["config"]],
    ["a flip that replication has not noted", { standby: journalOf("secondary") }, ["journal"]],
    [
      "only the marker and the project",
      unknownBut({ marker: { value: secondary }, config: { value: "primary" } }),
      ["config"],
    ],
  ];

  it.each(cases)("is %s", (_case, change, kinds) => {
    const found = findDrift({ ...wellObserved(), ...change });
    expect(found.map(({ kind }) => kind)).toEqual(kinds);
    for (const { text, remedy } of found) expect(`${text} ${remedy}`).not.toMatch(/undefined|\[object/);
  });

  it("is the same whichever store is active", () => {
    expect(findDrift(wellObserved("secondary"))).toEqual([]);
  });
});

describe("an assessment", () => {
  it.each<[string, Partial<Observation>, string, readonly string[]]>([
    ["all well", {}, "well", []],
    ["only its own machine known", unknownBut({ config: { value: "primary" } }), "unreachable", []],
    ["one store answering", unknownBut({ origins: wellObserved().origins }), "wanting", ["marker"]],
    [
      "writes paused",
      { marker: { value: { active: "primary", writesPaused: true } }, edge: { unknown: "" } },
      "well",
      ["read-only"],
    ],
    ["an unhealthy standby", { edge: withHealth("secondary") }, "wanting", ["secondary-unhealthy"]],
    ["an unhealthy active store", { edge: withHealth("primary") }, "wanting", ["primary-unhealthy"]],
    ["a standby too far behind", { standby: notesWith({ lagSeconds: 601 }) }, "wanting", ["lag"]],
    ["a standby as far behind as it may be", { standby: notesWith({ lagSeconds: 600 }) }, "well", []],
    [
      "no sync point",
      { standby: notesWith({ syncPoint: undefined, lagSeconds: undefined }) },
      "wanting",
      ["lag"],
    ],
    ["a run that stopped", { standby: notesWith({ lastRun: run("stopped", {}) }) }, "wanting", ["last-run"]],
    ["conflicts", { standby: notesWith({ lastRun: run("clean", { conflict: 2 }) }) }, "well", ["exceptions"]],
    [
      "keys that the standby cannot hold",
      { standby: notesWith({ lastRun: run("clean", { unsupported: 2 }) }) },
      "well",
      ["unsupported"],
    ],
    ["no versions", { standby: notesWith({ versioned: false }) }, "well", ["unversioned"]],
    ["a flip half done", { edge: withOrder(["pool-secondary"]) }, "wanting", ["drift-order"]],
    [
      "a certificate that ends soon",
      { origins: withCertificate("2026-01-20T00:00:00.000Z") },
      "well",
      ["secondary-certificate"],
    ],
    [
      "a certificate that has ended",
      { origins: withCertificate("2026-01-01T00:00:00.000Z") },
      "wanting",
      ["secondary-certificate"],
    ],
    [
      "resolvers behind",
      {
        resolvers: [
          { name: "one.example", reading: { value: { active: "secondary", writesPaused: false } } },
          { name: "two.example", reading: { value: PRIMARY } },
        ],
      },
      "well",
      ["drift-resolvers"],
    ],
  ])("of %s", (_case, change, verdict, ids) => {
    const assessment = assess({ ...wellObserved(), ...change }, 600);
    expect([assessment.verdict, assessment.concerns.map(({ id }) => id)]).toEqual([verdict, ids]);
  });

  it("has a problem exactly when it is wanting, and never a word that is missing", () => {
    const whatever = fc.property(
      anyObservation,
      fc.integer({ min: 1, max: 1e6 }),
      (observation, objective) => {
        const { verdict, concerns } = assess(observation, objective);
        expect(verdict === "wanting").toBe(concerns.some(({ severity }) => severity === "problem"));
        expect(JSON.stringify(concerns)).not.toMatch(/undefined|NaN|\[object/);
        expect(new Set(concerns.map(({ id }) => id)).size).toBe(concerns.length);
      },
    );
    fc.assert(whatever, { seed: 6, numRuns: 1000 });
  });
});

function unknownBut(known: Partial<Observation>): Observation {
  const unknown = { unknown: "not asked" };
  return {
    at: AT,
    marker: unknown,
    resolvers: [],
    config: unknown,
    edge: unknown,
    origins: { primary: unknown, secondary: unknown },
    standby: unknown,
    lastDrill: unknown,
    ...known,
  };
}

function withOrder(defaultPools: readonly string[]) {
  return edgeWith("primary", ({ loadBalancer }) => ({ loadBalancer: { ...loadBalancer, defaultPools } }));
}

function withHealth(store: "primary" | "secondary") {
  return edgeWith("primary", ({ pools }) => ({
    pools: { ...pools, [store]: { ...pools[store], health: { value: "unhealthy" } } },
  }));
}

function notesWith(change: object): Observation["standby"] {
  const { standby } = wellObserved();
  return "value" in standby ? { value: { ...standby.value, ...change } } : standby;
}

function journalOf(active: "primary" | "secondary") {
  return notesWith({ active });
}

function run(outcome: string, exceptionCounts: object) {
  return { endedAt: AT, outcome, exceptionCounts };
}

function withCertificate(certificateEnds: string): Observation["origins"] {
  const { origins } = wellObserved();
  return { ...origins, secondary: { value: { status: 200, milliseconds: 20, certificateEnds } } };
}
