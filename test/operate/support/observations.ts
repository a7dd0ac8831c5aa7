import fc from "fast-check";
import { STORE_NAMES, type StoreName } from "../../../contract/stores";
import { EXCEPTION_KINDS } from "../../../lambda/replicator/report";
import type { Known } from "../../../operate/known";
import type { LiveEdgeState } from "../../../operate/live-edge";
import type { Observation } from "../../../operate/observation";

export const AT = "2026-01-02T12:00:00.000Z";

/** Everything known, everything well, the primary active. */
export function wellObserved(active: StoreName = "primary"): Observation {
  const marker = { active, writesPaused: false };
  const standby = active === "primary" ? "secondary" : "primary";
  return {
    at: AT,
    marker: { value: marker },
    resolvers: [
      { name: "one.example", reading: { value: marker } },
      { name: "two.example", reading: { value: marker } },
    ],
    config: { value: active },
    edge: { value: wellEdge(active) },
    origins: {
      primary: {
        value: { status: 403, milliseconds: 80, certificateEnds: "2026-06-01T00:00:00.000Z" },
      },
      secondary: {
        value: { status: 200, milliseconds: 20, certificateEnds: "2026-06-01T00:00:00.000Z" },
      },
    },
    standby: {
      value: {
        store: standby,
        epoch: 3,
        active,
        activeSince: "2025-12-01T00:00:00.000Z",
        syncPoint: "2026-01-02T11:57:00.000Z",
        lagSeconds: 180,
        lastRun: { endedAt: "2026-01-02T11:57:30.000Z", outcome: "clean", exceptionCounts: {} },
        versioned: true,
      },
    },
    lastDrill: {
      value: {
        startedAt: "2025-12-30T12:00:00.000Z",
        passed: true,
        report: "drill-report/report.json",
        rtoSeconds: 28.5,
      },
    },
  };
}

export function wellEdge(active: StoreName): LiveEdgeState {
  const standby = active === "primary" ? "secondary" : "primary";
  return {
    marker: {
      content: `"active=${active}"`,
      marker: { value: { active, writesPaused: false } },
    },
    loadBalancer: {
      enabled: true,
      defaultPools: [`pool-${active}`, `pool-${standby}`],
      fallbackPool: `pool-${active}`,
      regionPools: { WEU: [`pool-${active}`, `pool-${standby}`] },
    },
    pools: {
      primary: { id: "pool-primary", enabled: true, health: { value: "healthy" } },
      secondary: { id: "pool-secondary", enabled: true, health: { value: "healthy" } },
    },
  };
}

/** The live edge, changed. */
export function edgeWith(active: StoreName, change: (edge: LiveEdgeState) => Partial<LiveEdgeState>) {
  const edge = wellEdge(active);
  return { value: { ...edge, ...change(edge) } };
}

/** Reasons as they come from anywhere: of any length, with line ends in them. */
const reason = fc.oneof(
  fc.constantFrom("set CLOUDFLARE_API_TOKEN", "no answer within 10 s", "two\nlines", ""),
  fc.string({ maxLength: 200 }).filter((text) => !text.includes("undefined")),
);

function known<T>(value: fc.Arbitrary<T>): fc.Arbitrary<Known<T>> {
  return fc.oneof(
    value.map((one) => ({ value: one })),
    reason.map((unknown) => ({ unknown })),
  );
}

const store = fc.constantFrom(...STORE_NAMES);
const marker = fc.record({ active: store, writesPaused: fc.boolean() });
const when = fc
  .date({ min: new Date("2020-01-01"), max: new Date("2030-01-01"), noInvalidDate: true })
  .map((date) => date.toISOString());
const seconds = fc.double({ min: 0, max: 1e9, noNaN: true });
const pool = fc.constantFrom("pool-primary", "pool-secondary", "pool-of-somebody");
const pools = fc.array(pool, { maxLength: 3 });

const livePool = (id: string) =>
  fc.record({
    id: fc.constant(id),
    enabled: fc.boolean(),
    health: known(fc.constantFrom("healthy" as const, "unhealthy" as const)),
  });

const edge = fc.record({
  marker: fc.record({ content: fc.string({ maxLength: 50 }), marker: known(marker) }),
  loadBalancer: fc.record({
    enabled: fc.boolean(),
    defaultPools: pools,
    fallbackPool: pool,
    regionPools: fc.dictionary(fc.constantFrom("WEU", "ENAM"), pools, { noNullPrototype: true }),
  }),
  pools: fc.record({ primary: livePool("pool-primary"), secondary: livePool("pool-secondary") }),
});

const origin = fc.record(
  { status: fc.integer({ min: 100, max: 599 }), milliseconds: fc.nat(60_000), certificateEnds: when },
  { requiredKeys: ["status", "milliseconds"] },
);

const standby = fc.record(
  {
    store,
    epoch: fc.integer({ min: 1 }),
    active: store,
    activeSince: when,
    syncPoint: when,
    lagSeconds: seconds,
    lastRun: fc.record(
      {
        endedAt: when,
        outcome: fc.constantFrom("clean", "incomplete", "failed", "stopped", "yielded"),
        exceptionCounts: fc.dictionary(fc.constantFrom(...EXCEPTION_KINDS), fc.integer({ min: 1 }), {
          noNullPrototype: true,
        }),
        unclassified: fc.nat(),
      },
      { requiredKeys: ["endedAt", "outcome", "exceptionCounts"] },
    ),
    versioned: fc.boolean(),
  },
  { requiredKeys: ["store", "epoch", "active", "activeSince"] },
);

const drill = fc.record(
  {
    startedAt: when,
    passed: fc.boolean(),
    report: fc.constant("drill-report/report.json"),
    rtoSeconds: seconds,
    rpoSeconds: seconds,
  },
  { requiredKeys: ["startedAt", "passed", "report"] },
);

/** Whatever may be known and unknown together, likely or not. */
export const anyObservation: fc.Arbitrary<Observation> = fc.record({
  at: when,
  marker: known(marker),
  resolvers: fc.array(
    fc.record({ name: fc.constantFrom("one.example", "two.example"), reading: known(marker) }),
    {
      maxLength: 2,
    },
  ),
  config: known(store),
  edge: known(edge),
  origins: fc.record({ primary: known(origin), secondary: known(origin) }),
  standby: known(standby),
  lastDrill: known(drill),
});
