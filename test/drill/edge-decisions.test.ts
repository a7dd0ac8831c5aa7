import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { isExpectedCode } from "../../drill/edge/core/expected-codes";
import { CachedMarkerZone } from "../../drill/edge/core/marker-zone";
import {
  type OriginHealth,
  poolStatus,
  recordCheck,
  regionStatuses,
  unknownHealth,
} from "../../drill/edge/core/pool-health";
import {
  isRetried,
  PROBED_BODY_BYTES,
  type ProbeAnswer,
  probeOutcome,
} from "../../drill/edge/core/probe-outcome";
import { RouteCache } from "../../drill/edge/core/route-cache";
import { chooseRoute, RETRIED_CODES, retryPool } from "../../drill/edge/core/steering";
import type { EdgePlan, EdgePool } from "../../drill/edge/edge-plan";
import { forwardedHeaders } from "../../drill/edge/forwarded-headers";
import { PlanTime } from "../../drill/edge/plan-time";
import { readEdgePlan } from "../../drill/edge/read-edge-plan";
import { newestVerdict } from "./edge-oracle";
import { edgeStackJson } from "./edge-stack-fixture";

const SEED = { seed: 20_240_611, numRuns: 500 };
const PLAN = readEdgePlan(edgeStackJson());
const POOL = PLAN.fallbackPool;

function answered(status: number, body: string): ProbeAnswer {
  return { kind: "answered", status, body: Buffer.from(body) };
}

describe("whether an answer satisfies a monitor", () => {
  it.each([
    [200, "200", true],
    [204, "200", false],
    [204, "2xx", true],
    [302, "2xx", false],
    [302, "200,302", true],
    [301, "200, 3XX", true],
    [503, "200,302", false],
  ])("status %i is judged against %s", (status, codes, expected) => {
    expect(isExpectedCode(status, codes)).toBe(expected);
  });

  it.each([
    ["the expected text in another case", answered(200, "STORAGE-failover PRIMARY is healthy\n"), true],
    ["the other store's text", answered(200, "storage-failover secondary is healthy"), false],
    ["the expected text with a wrong status", answered(503, "storage-failover primary is healthy"), false],
    ["text that begins within the first 10 KB and ends beyond", answered(200, padded(-1)), false],
    ["text that ends with the first 10 KB", answered(200, padded(0).slice(1)), true],
    ["no answer in time", { kind: "timed-out" } as const, false],
    ["a refused connection", { kind: "failed", reason: "ECONNREFUSED" } as const, false],
    ["an open port, for a TCP monitor", { kind: "connected" } as const, true],
  ])("%s", (_what, answer, passed) => {
    expect(probeOutcome(POOL.monitor, answer).passed).toBe(passed);
  });

  it("is asked again only after a time-out, and only as often as the monitor allows", () => {
    const attempts = [1, 2, 3, 4];
    expect(attempts.map((made) => isRetried(POOL.monitor, { kind: "timed-out" }, made))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(attempts.some((made) => isRetried(POOL.monitor, answered(503, ""), made))).toBe(false);
    expect(isRetried(POOL.monitor, { kind: "failed", reason: "ECONNREFUSED" }, 1)).toBe(false);
  });

  function padded(shift: number): string {
    const text = "storage-failover primary is healthy";
    return "x".repeat(PROBED_BODY_BYTES - text.length + 1 + shift + (shift < 0 ? 1 : 0)) + text;
  }
});

describe("a pool's health", () => {
  const verdict = fc.constantFrom("up" as const, "down" as const, "unknown" as const);
  const regions = fc.dictionary(
    fc.constantFrom("WEU", "EEU", "ENAM", "WNAM", "OC", "ME", "SAS"),
    fc.tuple(verdict, verdict, verdict),
    { minKeys: 1 },
  );

  function healthOf(verdicts: Record<string, readonly ("up" | "down" | "unknown")[]>): OriginHealth {
    return Object.fromEntries(
      Object.entries(verdicts).map(([region, centres]) => [
        region,
        centres.map((centre) => ({ verdict: centre })),
      ]),
    );
  }

  it("is healthy exactly when most regions have two of three data centres up, for all that up to four regions can say", () => {
    const names = ["WEU", "EEU", "ENAM", "WNAM"];
    for (let count = 1; count <= names.length; count += 1) {
      for (let votes = 0; votes < 2 ** (3 * count); votes += 1) {
        const centres = names
          .slice(0, count)
          .map((_, region) =>
            [0, 1, 2].map((centre) =>
              (votes >> (3 * region + centre)) & 1 ? ("up" as const) : ("down" as const),
            ),
          );
        const health = healthOf(
          Object.fromEntries(centres.map((verdicts, index) => [names[index] ?? "", verdicts])),
        );
        const up = centres.filter((region) => region.filter((centre) => centre === "up").length >= 2).length;
        if ((poolStatus(POOL, health) === "healthy") !== up > count / 2)
          throw new Error(`wrong for ${JSON.stringify(health)}`);
        expect(Object.values(regionStatuses(health)).filter((status) => status === "healthy")).toHaveLength(
          up,
        );
      }
    }
  });

  it("is decided only when no outstanding check could turn it", () => {
    fc.assert(
      fc.property(regions, (verdicts) => {
        const replaced = (by: "up" | "down") =>
          healthOf(
            Object.fromEntries(
              Object.entries(verdicts).map(([region, centres]) => [
                region,
                centres.map((centre) => (centre === "unknown" ? by : centre)),
              ]),
            ),
          );
        const status = poolStatus(POOL, healthOf(verdicts));
        const best = poolStatus(POOL, replaced("up"));
        const worst = poolStatus(POOL, replaced("down"));
        expect(status).toBe(worst === "healthy" ? "healthy" : best === "healthy" ? "unknown" : "unhealthy");
      }),
      SEED,
    );
  });

  it("does not turn on what a minority of data centres sees", () => {
    const pool = { ...POOL, checkRegions: ["WEU", "EEU", "ENAM"] };
    let health = allChecked(pool, unknownHealth(pool), true);
    expect(poolStatus(pool, health)).toBe("healthy");

    for (const [region, dataCentre] of [
      ["WEU", 0],
      ["WEU", 1],
      ["EEU", 0],
      ["ENAM", 2],
    ] as const) {
      health = recordCheck(pool.monitor, health, { region, dataCentre, passed: false });
    }
    expect(poolStatus(pool, health)).toBe("healthy");

    health = recordCheck(pool.monitor, health, { region: "EEU", dataCentre: 2, passed: false });
    expect(poolStatus(pool, health)).toBe("unhealthy");
  });

  it("counts an even split between regions as no majority", () => {
    const split = healthOf({ WEU: ["up", "up", "up"], EEU: ["down", "down", "down"] });
    expect(poolStatus(POOL, split)).toBe("unhealthy");
  });

  it("begins unknown, and a disabled pool or origin, or a minimum that one origin cannot meet, is never healthy", () => {
    expect(poolStatus(POOL, unknownHealth(POOL))).toBe("unknown");
    const up = allChecked(POOL, unknownHealth(POOL), true);
    expect(poolStatus(POOL, up)).toBe("healthy");
    expect(poolStatus({ ...POOL, enabled: false }, up)).toBe("unhealthy");
    expect(poolStatus({ ...POOL, origin: { ...POOL.origin, enabled: false } }, up)).toBe("unhealthy");
    expect(poolStatus({ ...POOL, minimumOrigins: 2 }, up)).toBe("unhealthy");
  });

  it("follows a data centre only after as many equal results in a row as the monitor asks for", () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { maxLength: 30 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        (checks, consecutiveUp, consecutiveDown) => {
          const monitor = { ...POOL.monitor, consecutiveUp, consecutiveDown };
          const known = checks.reduce<OriginHealth>(
            (health, passed) => recordCheck(monitor, health, { region: "WEU", dataCentre: 1, passed }),
            unknownHealth(POOL),
          );
          expect(known.WEU?.[1]?.verdict).toBe(newestVerdict(checks, consecutiveUp, consecutiveDown));
          expect(known.WEU?.[0]?.verdict).toBe("unknown");
        },
      ),
      SEED,
    );
  });

  function allChecked(pool: EdgePool, health: OriginHealth, passed: boolean): OriginHealth {
    return pool.checkRegions
      .flatMap((region) => [0, 1, 2].map((dataCentre) => ({ region, dataCentre, passed })))
      .reduce<OriginHealth>((known, check) => recordCheck(pool.monitor, known, check), health);
  }
});

describe("steering", () => {
  const names = ["a", "b", "c"] as const;
  const arbitraryPlan = fc
    .record({
      order: fc.shuffledSubarray([...names], { minLength: 1 }),
      fallback: fc.constantFrom(...names),
      enabled: fc.record({ a: fc.boolean(), b: fc.boolean(), c: fc.boolean() }),
      healthy: fc.record({ a: fc.boolean(), b: fc.boolean(), c: fc.boolean() }),
      failoverAcrossPools: fc.boolean(),
    })
    .map(({ order, fallback, enabled, healthy, failoverAcrossPools }) => {
      const poolNamed = (name: "a" | "b" | "c"): EdgePool => ({ ...POOL, name, enabled: enabled[name] });
      const plan: EdgePlan = {
        ...PLAN,
        failoverAcrossPools,
        defaultPools: order.map(poolNamed),
        fallbackPool: poolNamed(fallback),
      };
      const usable = order.filter((name) => enabled[name] && healthy[name]);
      const isHealthy = (pool: EdgePool): boolean =>
        names.some((name) => name === pool.name && healthy[name]);
      return { plan, usable, isHealthy };
    });

  it("takes the first healthy enabled pool in order, else the fallback pool whatever its health", () => {
    fc.assert(
      fc.property(arbitraryPlan, ({ plan, usable, isHealthy }) => {
        const route = chooseRoute(plan, isHealthy);
        if (usable.length > 0) expect(route).toMatchObject({ kind: "healthy", pool: { name: usable[0] } });
        else if (plan.fallbackPool.enabled)
          expect(route).toEqual({ kind: "fallback", pool: plan.fallbackPool });
        else expect(route).toEqual({ kind: "none" });
      }),
      SEED,
    );
  });

  it("retries on the next healthy pool only, only for failed connections, and never a request with a body", () => {
    fc.assert(
      fc.property(
        arbitraryPlan,
        fc.constantFrom(...names),
        fc.oneof(fc.constantFrom(...RETRIED_CODES), fc.integer({ min: 400, max: 599 })),
        fc.boolean(),
        ({ plan, usable, isHealthy }, failed, code, requestHasBody) => {
          const retried = retryPool(plan, isHealthy, {
            pool: { ...POOL, name: failed },
            code,
            requestHasBody,
          });
          const allowed =
            plan.failoverAcrossPools && !requestHasBody && [521, 522, 523, 525, 526].includes(code);
          expect(retried?.name).toBe(allowed ? usable.find((name) => name !== failed) : undefined);
        },
      ),
      SEED,
    );
  });

  it("keeps a decision for its time and then looks again", () => {
    let primaryHealthy = true;
    const routes = new RouteCache((region) =>
      chooseRoute(PLAN, (pool) => primaryHealthy || pool.origin.name === "secondary", region),
    );
    const at = (now: number, region?: string) => {
      const route = routes.current(now, region);
      return route.kind === "none" ? "none" : route.pool.origin.name;
    };
    expect(at(1000)).toBe("primary");
    primaryHealthy = false;
    expect(at(1004.999)).toBe("primary");
    // Elsewhere nobody has asked yet.
    expect(at(1004.999, "OC")).toBe("secondary");
    expect(at(1005)).toBe("secondary");
  });
});

describe("a resolver's view of the marker", () => {
  const name = "_storage-failover.assets.example.com";
  const TXT = 16;

  it("keeps an answer for the record's time to live, counting down, and then asks the zone again", () => {
    let active: "primary" | "secondary" = "primary";
    const zone = new CachedMarkerZone(() => ({
      name,
      ttlSeconds: 60,
      content: { active, writesPaused: false },
    }));
    const ask = (now: number) => zone.answer(name, TXT, now).records.map(({ data, ttl }) => [data, ttl]);

    expect(ask(1000)).toEqual([['"active=primary"', 60]]);
    active = "secondary";
    expect(ask(1059.5)).toEqual([['"active=primary"', 1]]);
    expect(ask(1060)).toEqual([['"active=secondary"', 60]]);
  });

  it("knows the one name, in any case, with or without the dot at its end, and no other", () => {
    const zone = new CachedMarkerZone(() => ({
      name,
      ttlSeconds: 60,
      content: { active: "primary", writesPaused: true },
    }));

    expect(zone.answer("_Storage-Failover.assets.example.com.", TXT, 0).records[0]?.data).toBe(
      '"active=primary;writes=paused"',
    );
    expect(zone.answer(name, 1, 0)).toEqual({ status: 0, records: [] });
    expect(zone.answer("assets.example.com", TXT, 0)).toEqual({ status: 3, records: [] });
  });
});

describe("what is passed on", () => {
  it("keeps repeated headers and their order, drops those of the connection, removed and replaced ones", () => {
    const raw = [
      "Connection",
      "close",
      "Set-Cookie",
      "a=1",
      "HOST",
      "outside",
      "Set-Cookie",
      "b=2",
      "X-Stamp",
      "s",
    ];
    expect(forwardedHeaders(raw, { host: "inside" }, ["x-stamp"])).toEqual([
      "Set-Cookie",
      "a=1",
      "Set-Cookie",
      "b=2",
      "host",
      "inside",
    ]);
  });

  it("scales the plan's seconds, and never lets a time-out fall below the floor", () => {
    const time = new PlanTime(30, 1000);
    expect(time.milliseconds(60)).toBe(2000);
    expect(time.timeoutMilliseconds(5)).toBe(1000);
    expect(time.timeoutMilliseconds(90)).toBe(3000);
    expect(time.planSeconds(2000)).toBe(60);
    expect(() => new PlanTime(0, 1000)).toThrow("speed must be above 0, not 0");
  });
});
