import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { formatMarker } from "../../contract/marker";
import { otherStore, STORE_NAMES } from "../../contract/stores";
import { awaitCleanPass, PassNotSeenError, vouchesFor } from "../../operate/flip/await-clean-pass";
import { keysInWords } from "../../operate/flip/exposure";
import { FLIP_CHECKS, type FlipCheck, type FlipRequest } from "../../operate/flip/flip-request";
import { type FlipJournal, newJournal, parseJournal } from "../../operate/flip/journal";
import { judgeFlip } from "../../operate/flip/judge-flip";
import { judgeEdgeChange } from "../../operate/flip/judge-guard";
import { judgeFlipPlan } from "../../operate/flip/judge-plan";
import { markersBefore, planFlip } from "../../operate/flip/plan-flip";
import { ToggleNotFoundError, toggleOf, withToggle } from "../../operate/flip/toggle-text";
import type { Known } from "../../operate/known";
import type { LiveEdgeState } from "../../operate/live-edge";
import type { Observation, StandbyNotes } from "../../operate/observation";

const NOW = "2026-03-01T12:00:00.000Z";

const REQUEST: FlipRequest = {
  to: "secondary",
  planned: false,
  acceptLoss: false,
  force: [],
  maxLagSeconds: 600,
  quietSeconds: 1800,
};

const NOTES: StandbyNotes = {
  store: "secondary",
  epoch: 4,
  active: "primary",
  activeSince: "2026-02-01T00:00:00.000Z",
  syncPoint: "2026-03-01T11:57:00.000Z",
  lagSeconds: 180,
  lastRun: { endedAt: "2026-03-01T11:58:00.000Z", outcome: "clean", exceptionCounts: {} },
  versioned: true,
};

const EDGE: LiveEdgeState = {
  marker: { content: '"active=primary"', marker: { value: { active: "primary", writesPaused: false } } },
  loadBalancer: { enabled: true, defaultPools: ["p", "s"], fallbackPool: "p", regionPools: {} },
  pools: {
    primary: { id: "p", enabled: true, health: { value: "healthy" } },
    secondary: { id: "s", enabled: true, health: { value: "healthy" } },
  },
};

const PRIMARY = { value: { active: "primary", writesPaused: false } } as const;
const NOBODY = { unknown: "no answer" };

/** All is well, and the primary is active. */
const WELL: Observation = {
  at: NOW,
  marker: PRIMARY,
  resolvers: [
    { name: "one", reading: PRIMARY },
    { name: "two", reading: PRIMARY },
  ],
  config: { value: "primary" },
  edge: { value: EDGE },
  origins: { primary: NOBODY, secondary: { value: { status: 403, milliseconds: 20 } } },
  standby: { value: NOTES },
  lastDrill: NOBODY,
};

const withNotes = (notes: Partial<StandbyNotes>): Observation => ({
  ...WELL,
  standby: { value: { ...NOTES, ...notes } },
});

const withEdge = (edge: Partial<LiveEdgeState>): Observation => ({
  ...WELL,
  edge: { value: { ...EDGE, ...edge } },
});

const record = (active: "primary" | "secondary", writesPaused = false) => ({
  content: `"${formatMarker({ active, writesPaused })}"`,
  marker: { value: { active, writesPaused } },
});

const begun = (more: Partial<FlipJournal> = {}): FlipJournal => ({
  ...newJournal({ to: "secondary", planned: false }, new Date(NOW)),
  ...more,
});

/** What stands against a flip, one at a time. */
const CASES: readonly (readonly [string, FlipCheck, Observation, RegExp, FlipJournal?])[] = [
  [
    "an unhealthy standby",
    "standby-health",
    withEdge({
      pools: { ...EDGE.pools, secondary: { id: "s", enabled: true, health: { value: "unhealthy" } } },
    }),
    /unhealthy/,
  ],
  [
    "a standby of unknown health",
    "standby-health",
    withEdge({ pools: { ...EDGE.pools, secondary: { id: "s", enabled: true, health: NOBODY } } }),
    /unknown: no answer/,
  ],
  [
    "a disabled pool",
    "standby-health",
    withEdge({
      pools: { ...EDGE.pools, secondary: { id: "s", enabled: false, health: { value: "healthy" } } },
    }),
    /disabled/,
  ],
  ["a silent Cloudflare", "standby-health", { ...WELL, edge: NOBODY }, /does not tell/],
  [
    "a silent standby",
    "standby-answer",
    { ...WELL, origins: { primary: NOBODY, secondary: NOBODY } },
    /no answer/,
  ],
  [
    "a standby that fails",
    "standby-answer",
    { ...WELL, origins: { primary: NOBODY, secondary: { value: { status: 503, milliseconds: 1 } } } },
    /answers 503/,
  ],
  ["too much lag", "lag", withNotes({ lagSeconds: 840 }), /840 s behind, objective is 600 s/],
  ["no sync point", "lag", withNotes({ syncPoint: undefined, lagSeconds: undefined }), /nobody knows/],
  ["unreadable notes", "lag", { ...WELL, standby: NOBODY }, /cannot be read/],
  [
    "conflicts",
    "exceptions",
    withNotes({ lastRun: { endedAt: NOW, outcome: "clean", exceptionCounts: { conflict: 2, stray: 1 } } }),
    /2 conflict, 1 stray/,
  ],
  [
    "failures of unknown kind",
    "exceptions",
    withNotes({ lastRun: { endedAt: NOW, outcome: "failed", exceptionCounts: {}, unclassified: 3 } }),
    /3 of unknown kind/,
  ],
  [
    "a flip a moment ago",
    "recent-flip",
    withNotes({ activeSince: "2026-03-01T11:45:00.000Z" }),
    /15 min ago/,
  ],
  [
    "a flip that replication has not noticed",
    "recent-flip",
    withNotes({ active: "secondary" }),
    /not noticed/,
  ],
  [
    "resolvers that disagree",
    "marker",
    {
      ...WELL,
      marker: NOBODY,
      resolvers: [WELL.resolvers[0], { name: "two", reading: NOBODY }].filter((one) => one !== undefined),
    },
    /one says active=primary; two: no answer/,
  ],
  [
    "a record that resolvers do not know yet",
    "marker",
    withEdge({ marker: record("primary", true) }),
    /changed a moment ago/,
  ],
  [
    "a record that is no marker",
    "marker",
    withEdge({ marker: { content: '"hello"', marker: { unknown: "names no store" } } }),
    /no marker/,
  ],
  [
    "paused writes",
    "writes-paused",
    { ...WELL, edge: NOBODY, marker: { value: { active: "primary", writesPaused: true } } },
    /paused writes/,
  ],
  [
    "a planned flip that was left",
    "other-flip",
    WELL,
    /planned flip to secondary .* is not finished/,
    begun({ planned: true }),
  ],
  [
    "a flip the other way that was left",
    "other-flip",
    WELL,
    /flip to primary .* \(done: marker\)/,
    begun({ to: "primary", done: [{ step: "marker", at: NOW }] }),
  ],
];

const reasonsOf = (observation: Observation, request = REQUEST, journal?: FlipJournal) =>
  judgeFlip(observation, request, journal).refusals.map(({ check }) => check);

/** Each with its journal, there or not: a test gets as many arguments as it asks for. */
const AGAINST = CASES.map(
  ([name, check, observation, reason, journal]) => [name, check, observation, reason, journal] as const,
);

describe("a flip", () => {
  it("is safe when all is well, and says what was looked at and what it still may lose", () => {
    const judgement = judgeFlip(WELL, REQUEST, undefined);

    expect(judgement).toMatchObject({ verdict: "go", refusals: [], overridden: [] });
    expect(judgement.fine).toHaveLength(FLIP_CHECKS.length);
    expect(judgement.exposure).toMatchObject({ since: { value: NOTES.syncPoint }, seconds: 180 });
  });

  it("asks nothing of the store that is lost", () => {
    const lost = withEdge({
      pools: { ...EDGE.pools, primary: { id: "p", enabled: false, health: { value: "unhealthy" } } },
    });
    expect(
      judgeFlip(
        { ...lost, config: NOBODY, origins: { ...WELL.origins, primary: NOBODY } },
        REQUEST,
        undefined,
      ),
    ).toMatchObject({ verdict: "go" });
  });

  it.each(AGAINST)("is refused for %s, with what clears it", (_name, check, observation, reason, journal) => {
    const { verdict, refusals } = judgeFlip(observation, REQUEST, journal);

    expect(verdict).toBe("refused");
    const refusal = refusals.find((one) => one.check === check);
    expect(refusal?.reason).toMatch(reason);
    expect(refusal?.remedy).not.toBe("");
  });

  it.each(AGAINST)(
    "over %s goes on when told so by name, and says what it overrides",
    (_name, check, observation, reason, journal) => {
      const others = reasonsOf(observation, REQUEST, journal).filter((one) => one !== check);
      const judgement = judgeFlip(observation, { ...REQUEST, force: [check, ...others] }, journal);

      expect(judgement.verdict).toBe("go");
      expect(judgement.overridden.find((one) => one.check === check)?.reason).toMatch(reason);
    },
  );

  it("gives every reason at once", () => {
    const bad: Observation = {
      ...WELL,
      edge: NOBODY,
      marker: NOBODY,
      standby: NOBODY,
      origins: { primary: NOBODY, secondary: NOBODY },
    };
    expect(reasonsOf(bad)).toEqual(["standby-health", "standby-answer", "lag", "marker"]);
  });

  it("that may lose something accepts lag and open keys, and nothing else", () => {
    const request = { ...REQUEST, acceptLoss: true };
    const accepted = AGAINST.filter(
      ([, , observation, , journal]) => reasonsOf(observation, request, journal).length === 0,
    );
    expect([...new Set(accepted.map(([, check]) => check))]).toEqual(["lag", "exceptions"]);
  });

  it("is never let through by overriding another check than the one that stands against it", () => {
    const cases = fc.constantFrom(...AGAINST);
    const force = fc.subarray([...FLIP_CHECKS]);
    fc.assert(
      fc.property(cases, force, fc.boolean(), ([, check, observation, , journal], forced, acceptLoss) => {
        const { verdict, refusals, overridden } = judgeFlip(
          observation,
          { ...REQUEST, force: forced, acceptLoss },
          journal,
        );
        const isCleared =
          forced.includes(check) || (acceptLoss && (check === "lag" || check === "exceptions"));
        expect(refusals.some((one) => one.check === check)).toBe(!isCleared);
        expect(overridden.some((one) => one.check === check)).toBe(isCleared);
        expect(verdict === "refused").toBe(refusals.length > 0);
      }),
      { seed: 6, numRuns: 300 },
    );
  });

  it.each([
    [
      "done when marker and order say so",
      withEdge({
        marker: record("secondary"),
        loadBalancer: { ...EDGE.loadBalancer, defaultPools: ["s", "p"], fallbackPool: "s" },
      }),
      undefined,
      "done",
    ],
    [
      "gone on with when only the marker has moved",
      withEdge({ marker: record("secondary") }),
      undefined,
      "resume",
    ],
    [
      "gone on with when only the fallback is behind",
      withEdge({
        marker: record("secondary"),
        loadBalancer: { ...EDGE.loadBalancer, defaultPools: ["s", "p"] },
      }),
      undefined,
      "resume",
    ],
    ["gone on with when the journal says so", WELL, begun({ done: [{ step: "marker", at: NOW }] }), "resume"],
    [
      "judged anew when the last one has ended",
      WELL,
      begun({ ended: { at: NOW, outcome: "flipped" } }),
      "go",
    ],
    [
      "not done while writes are paused",
      withEdge({ marker: record("secondary", true) }),
      undefined,
      "refused",
    ],
  ] as const)("is %s", (_name, observation, journal, verdict) => {
    expect(judgeFlip(observation, REQUEST, journal).verdict).toBe(verdict);
  });

  it("tells keys by kind", () => {
    expect(keysInWords({ keys: { stray: 1, conflict: 2 }, unclassified: 1 })).toBe(
      "2 conflict, 1 stray, 1 of unknown kind",
    );
  });
});

describe("the steps of a flip", () => {
  const plans = fc.record({
    to: fc.constantFrom(...STORE_NAMES),
    planned: fc.boolean(),
    fenceSeconds: fc.nat(200),
  });

  it("move the marker before the order, and read everything back at the end", () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const ids = planFlip(plan).map(({ id }) => id);
        expect(ids.indexOf("marker")).toBeLessThan(ids.indexOf("order"));
        expect(ids.at(-1)).toBe("verify");
        expect(new Set(ids).size).toBe(ids.length);
      }),
      { seed: 6 },
    );
  });

  it("let writers go on only when a fence has passed on either side of the move", () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const steps = planFlip({ ...plan, planned: true });
        expect(steps.map(({ id }) => id)).toEqual([
          "pause",
          "fence-before",
          "pass",
          "marker",
          "order",
          "fence-after",
          "resume",
          "verify",
        ]);
        const markers = steps.flatMap((step) => ("marker" in step ? [formatMarker(step.marker)] : []));
        expect(markers).toEqual([
          `active=${otherStore(plan.to)};writes=paused`,
          `active=${plan.to};writes=paused`,
          `active=${plan.to}`,
        ]);
        expect(steps.flatMap((step) => ("seconds" in step ? [step.seconds] : []))).toEqual([
          plan.fenceSeconds,
          plan.fenceSeconds,
        ]);
      }),
      { seed: 6 },
    );
  });

  it("expect of the marker what the step before left, or what they write themselves", () => {
    const steps = planFlip({ to: "secondary", planned: true, fenceSeconds: 110 });
    expect(markersBefore(steps, "pause", "active=primary")).toEqual([
      "active=primary",
      "active=primary;writes=paused",
    ]);
    expect(markersBefore(steps, "marker", "active=primary")).toEqual([
      "active=primary;writes=paused",
      "active=secondary;writes=paused",
    ]);
    expect(markersBefore(steps, "resume", "active=primary")).toEqual([
      "active=secondary;writes=paused",
      "active=secondary",
    ]);
  });

  it("are kept in a journal that is read back as it was, or not at all", () => {
    const journal = begun({
      done: [{ step: "marker", at: NOW }],
      quietSince: NOW,
      markerBefore: "active=primary",
    });
    expect(parseJournal(JSON.stringify(journal))).toEqual(journal);
    for (const text of [
      "",
      "{}",
      JSON.stringify({ ...journal, version: 2 }),
      JSON.stringify({ ...journal, to: "tertiary" }),
    ]) {
      expect(parseJournal(text)).toBeUndefined();
    }
  });
});

describe("waiting for a clean pass", () => {
  const quiet = new Date("2026-03-01T12:02:00Z");
  const patience = { pollMilliseconds: 1000, giveUpMilliseconds: 60_000 };

  /** Sync points as they are seen, one a look; the last one stays. */
  const seeing = (...syncPoints: readonly (string | undefined)[]) => {
    let looks = 0;
    let clock = 0;
    const notes = (): Promise<Known<StandbyNotes>> => {
      const syncPoint = syncPoints[Math.min(looks++, syncPoints.length - 1)];
      return Promise.resolve({ value: { ...NOTES, syncPoint } });
    };
    const waiting = {
      now: () => clock,
      wait: (milliseconds: number) => {
        clock += milliseconds;
        return Promise.resolve();
      },
    };
    const signal = new AbortController().signal;
    return {
      wait: (since?: Date) => awaitCleanPass({ notes }, since, patience, waiting, signal),
      looks: () => looks,
    };
  };

  it("takes the first one that began after writers were quiet", async () => {
    const { wait } = seeing(
      "2026-03-01T11:57:00Z",
      undefined,
      "2026-03-01T12:02:00Z",
      "2026-03-01T12:07:00Z",
    );
    expect(await wait(quiet)).toBe("2026-03-01T12:07:00Z");
  });

  it("takes the second new one where the clock of the store is not known", async () => {
    const { wait } = seeing(
      "2026-03-01T11:57:00Z",
      "2026-03-01T12:02:00Z",
      "2026-03-01T12:02:00Z",
      "2026-03-01T12:07:00Z",
    );
    expect(await wait()).toBe("2026-03-01T12:07:00Z");
  });

  it("ends when there is none, and says what was seen", async () => {
    const { wait } = seeing("2026-03-01T11:57:00Z");
    await expect(wait(quiet)).rejects.toThrow(PassNotSeenError);
    await expect(wait(quiet)).rejects.toThrow("sync point 2026-03-01T11:57:00Z");
  });

  it("trusts no sync point of the same second", () => {
    expect(vouchesFor({ ...NOTES, syncPoint: quiet.toISOString() }, quiet)).toBe(false);
    expect(vouchesFor({ ...NOTES, syncPoint: "2026-03-01T12:02:01Z" }, quiet)).toBe(true);
    expect(vouchesFor({ ...NOTES, syncPoint: undefined }, quiet)).toBe(false);
  });
});

describe("an apply of the edge", () => {
  const markers = fc.record({ active: fc.constantFrom(...STORE_NAMES), writesPaused: fc.boolean() });
  const changes = fc.record({
    live: markers,
    replaces: fc.constantFrom(...STORE_NAMES),
    becomes: fc.constantFrom(...STORE_NAMES),
  });

  it("passes exactly when nobody waits for a flip, and it leaves the live store active or replaces it knowingly", () => {
    fc.assert(
      fc.property(changes, (change) => {
        const { live, replaces, becomes } = change;
        const isKnowing = live.active === replaces || live.active === becomes;
        expect(judgeEdgeChange(change).passes).toBe(!live.writesPaused && isKnowing);
      }),
      { seed: 6 },
    );
  });

  it("with the old value after a flip by hand is refused, and says both ways out", () => {
    const live = { active: "secondary", writesPaused: false } as const;
    const verdict = judgeEdgeChange({ live, replaces: "primary", becomes: "primary" });
    expect(verdict).toMatchObject({
      passes: false,
      reason: expect.stringContaining("somebody flipped to secondary since"),
      remedy: expect.stringMatching(/--to secondary --via config.*--to primary --planned/),
    });
  });
});

describe("the word in cdktf.json", () => {
  const text = '{\n  "context": {\n\t"activeProvider" : "primary", "other": "primary"\n  }\n}\n';

  it("is changed, and not a space beside it", () => {
    expect(withToggle(text, "secondary")).toBe(text.replace('"primary",', '"secondary",'));
    expect(toggleOf(withToggle(text, "secondary"))).toBe("secondary");
    expect(withToggle(text, "primary")).toBe(text);
  });

  it.each([
    ["no JSON", "{"],
    ["no toggle", "{}"],
    ["another word", '{"context":{"activeProvider":"both"}}'],
    ["two of them", '{"context":{"activeProvider":"primary"},"note":{"activeProvider":"primary"}}'],
  ])("is not guessed at in a file with %s", (_name, file) => {
    expect(() => withToggle(file, "secondary")).toThrow(ToggleNotFoundError);
  });
});

describe("a plan of Terraform's", () => {
  const change = (
    type: string,
    actions: readonly string[],
    before: object,
    after: object,
    unknown: object = {},
  ) => ({
    address: `${type}.x`,
    type,
    change: { actions, before, after, after_unknown: unknown },
  });
  const marker = change(
    "cloudflare_dns_record",
    ["update"],
    { content: "a", modified_on: 1 },
    { content: "b" },
    { modified_on: true },
  );
  const order = change(
    "cloudflare_load_balancer",
    ["update"],
    { default_pools: ["p", "s"], fallback_pool: "p", ttl: 1 },
    { default_pools: ["s", "p"], fallback_pool: "s", ttl: null },
    { ttl: true },
  );
  const quiet = change("cloudflare_ruleset", ["no-op"], { a: 1 }, { a: 2 });

  it("flips, and does nothing else", () => {
    expect(judgeFlipPlan({ resource_changes: [marker, quiet, order] })).toEqual({
      changes: ["cloudflare_dns_record.x", "cloudflare_load_balancer.x"],
      beyond: [],
    });
    expect(judgeFlipPlan({})).toEqual({ changes: [], beyond: [] });
  });

  it("leaves to the provider what it fills in deep in an argument", () => {
    const before = { session_affinity_attributes: { drain_duration: 0, headers: ["a"] } };
    const after = { session_affinity_attributes: { drain_duration: 0 } };
    const type = "cloudflare_load_balancer";
    const filledIn = { session_affinity_attributes: { headers: true } };
    const plan = (unknown: object) => ({
      resource_changes: [change(type, ["update"], before, after, unknown)],
    });
    expect(judgeFlipPlan(plan(filledIn)).beyond).toEqual([]);
    expect(judgeFlipPlan(plan({})).beyond).toEqual([`${type}.x: changes session_affinity_attributes`]);
  });

  it.each([
    ["creates", change("cloudflare_ruleset", ["create"], {}, {}), "cloudflare_ruleset.x: create"],
    [
      "replaces",
      change("cloudflare_load_balancer", ["delete", "create"], {}, {}),
      "cloudflare_load_balancer.x: delete and create",
    ],
    [
      "changes another argument",
      change("cloudflare_load_balancer", ["update"], { proxied: true }, { proxied: false }),
      "cloudflare_load_balancer.x: changes proxied",
    ],
    [
      "changes another resource",
      change("cloudflare_load_balancer_monitor", ["update"], { interval: 60 }, { interval: 10 }),
      "cloudflare_load_balancer_monitor.x: changes interval",
    ],
  ])("is no flip when it %s", (_name, more, beyond) => {
    expect(judgeFlipPlan({ resource_changes: [marker, more] }).beyond).toEqual([beyond]);
  });
});
