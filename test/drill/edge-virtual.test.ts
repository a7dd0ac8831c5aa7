import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { withPools } from "../../drill/edge/edge-plan";
import type { OriginBehaviour } from "../../drill/edge/virtual/origin-behaviour";
import { type VirtualCheck, VirtualEdge, type VirtualRead } from "../../drill/edge/virtual/virtual-edge";
import { changesOf, PLAN, pass, planWith, settled } from "./edge-script";

describe("the pure core", () => {
  it("has neither clock nor sockets", () => {
    const folder = join(__dirname, "..", "..", "drill", "edge", "core");
    const texts = readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));
    const imported = texts.flatMap((text) =>
      [...text.matchAll(/from "(node:[^"]+)"/g)].map(([, name]) => name),
    );

    expect(texts.length).toBeGreaterThan(6);
    expect([...new Set(imported)]).toEqual(["node:util"]);
    expect(texts.join("\n")).not.toMatch(
      /\b(Date\b|performance\.|setTimeout|setInterval|Math\.random|process\.)/,
    );
  });
});

describe("virtual time", () => {
  it("skips the moments that a long check has overrun, and keeps to its own", () => {
    const checks: VirtualCheck[] = [];
    const timings = { intervalSeconds: 10, timeoutSeconds: 5, retries: 4 };
    const edge = new VirtualEdge({ plan: planWith(timings), onCheck: (check) => checks.push(check) });
    edge.origin("primary").become({ kind: "hanging" });
    edge.advanceTo(100);

    const ends = checks
      .filter(({ store, dataCentre }) => store === "primary" && dataCentre === 0)
      .map(({ at }) => at - (checks.find(({ store }) => store === "primary")?.at ?? 0));
    for (const end of ends) expect(Math.abs(end - 30 * Math.round(end / 30))).toBeLessThan(1);
    expect(ends).toHaveLength(3);
  });

  it("does not go back, and passes thousands of hours as if they were nothing", () => {
    const edge = settled();
    edge.advanceTo(10_000 * 3600);
    expect(edge.events).toEqual([]);
    edge.origin("primary").become({ kind: "answering", status: 503 });
    edge.advanceTo(edge.now + 60);
    expect(changesOf(edge)).toHaveLength(1);

    expect(() => edge.advanceTo(edge.now - 1)).toThrow("cannot advance");
    expect(() => edge.advanceTo(Number.POSITIVE_INFINITY)).toThrow("cannot advance");
  });
});

describe("where readers go", () => {
  it("is each region's own list, and the default list elsewhere and where the reader does not say", () => {
    const regionPools = { OC: [...PLAN.defaultPools].reverse() };
    const edge = settled({ ...PLAN, regionPools });
    expect(["OC", "WEU", undefined].map((region) => edge.read(region).store)).toEqual([
      "secondary",
      "primary",
      "primary",
    ]);
    expect(settled({ ...PLAN, regionPools, readersRegion: "OC" }).read().store).toBe("secondary");

    // A list of one has no other pool to try: Cloudflare looks nowhere else, but for the fallback pool.
    const [primary] = PLAN.defaultPools;
    const alone = settled({ ...PLAN, regionPools: { OC: primary === undefined ? [] : [primary] } });
    alone.origin("primary").become({ kind: "unreachable" });
    expect(alone.read("OC")).toMatchObject({ status: 521, retried: false });
    expect(alone.read("WEU")).toMatchObject({ store: "secondary", status: 200, retried: true });
  });
});

describe("what an origin does", () => {
  const cases: readonly (readonly [OriginBehaviour, probes: boolean, read: Partial<VirtualRead>])[] = [
    [{ kind: "healthy" }, true, { store: "primary", status: 200 }],
    [{ kind: "answering", status: 403 }, false, { store: "primary", status: 403 }],
    [{ kind: "answering", status: 503 }, false, { store: "primary", status: 503 }],
    [{ kind: "wrong-body" }, false, { store: "primary", status: 200 }],
    [{ kind: "slow", seconds: 4.9 }, true, { store: "primary", status: 200, seconds: 4.9 }],
    [{ kind: "slow", seconds: 5 }, false, { store: "primary", status: 200, seconds: 5 }],
    [{ kind: "hanging" }, false, { status: 524, seconds: 120 }],
    [{ kind: "cut" }, false, { status: 520 }],
    [{ kind: "unreachable" }, false, { store: "secondary", status: 200, retried: true }],
    [{ kind: "unreachable", code: 522 }, false, { store: "secondary", retried: true, seconds: 19 }],
    [{ kind: "unreachable", code: 523 }, false, { store: "secondary", retried: true }],
    [{ kind: "tls-failed" }, false, { store: "secondary", retried: true }],
    [{ kind: "tls-failed", code: 525 }, false, { store: "secondary", retried: true }],
    [{ kind: "dns-failed" }, false, { status: 530 }],
  ];

  it.each(cases)("%j: probes pass: %s, a read before the monitor notices: %j", (behaviour, passes, read) => {
    const edge = settled();
    edge.origin("primary").become(behaviour);
    expect(edge.read()).toEqual({ store: undefined, retried: false, seconds: 0, status: 200, ...read });

    pass(edge, 75);
    expect(changesOf(edge).map(({ healthy }) => healthy)).toEqual(passes ? [] : [false]);
    pass(edge, 5);
    expect(edge.read().store).toBe(passes ? "primary" : "secondary");
    edge.origin("primary").become({ kind: "healthy" });
    pass(edge, 80);
    expect(edge.read().store).toBe("primary");
  });

  it("to readers alone is not seen by monitors, and to a monitor of type tcp all is well that takes connections", () => {
    const edge = settled();
    edge.origin("primary").become({ kind: "answering", status: 500 }, { seenBy: "reads" });
    pass(edge, 3600);
    expect(edge.read()).toMatchObject({ store: "primary", status: 500 });

    const tcp = settled(withPools(PLAN, (pool) => ({ ...pool, monitor: { ...pool.monitor, type: "tcp" } })));
    for (const [kind, isSeen] of [
      ["hanging", false],
      ["tls-failed", false],
      ["unreachable", true],
      ["dns-failed", true],
    ] as const) {
      tcp.origin("primary").become({ kind });
      pass(tcp, 120);
      expect(tcp.pools()[0]?.status).toBe(isSeen ? "unhealthy" : "healthy");
      tcp.origin("primary").become({ kind: "healthy" });
      pass(tcp, 120);
    }
  });

  it("to the probes of a region alone counts for that region alone", () => {
    const edge = settled(planWith({}, ["WEU", "EEU", "ENAM"]));
    edge.origin("primary").become({ kind: "unreachable" }, { regions: ["WEU"] });
    pass(edge, 600);
    expect(edge.events).toEqual([]);
    expect(edge.pools()[0]).toMatchObject({
      status: "healthy",
      regions: { WEU: "unhealthy", EEU: "healthy", ENAM: "healthy" },
    });
    expect(edge.read()).toMatchObject({ store: "primary", retried: false });

    edge.origin("primary").become({ kind: "unreachable" }, { regions: ["OC", "ENAM"] });
    pass(edge, 61);
    expect(edge.pools()[0]?.status).toBe("unhealthy");
    edge.origin("primary").become({ kind: "healthy" });
    pass(edge, 61);
    expect(edge.pools()[0]?.status).toBe("healthy");
  });
});

describe("a change at Cloudflare", () => {
  it("of a pool takes effect for readers within five seconds, and once enabled it is looked at anew", () => {
    const edge = settled();
    expect(edge.read().store).toBe("primary");
    edge.setPool("assets-primary", { enabled: false });
    expect(edge.read().store).toBe("primary");
    pass(edge, 5);
    expect(edge.read().store).toBe("secondary");
    expect(edge.pools()[0]).toMatchObject({ enabled: false, status: "unhealthy", regions: {} });

    edge.origin("primary").become({ kind: "wrong-body" }, { seenBy: "probes" });
    edge.setPool("assets-primary", { enabled: true });
    expect(edge.pools()[0]?.status).toBe("unknown");
    pass(edge, 5);
    expect(edge.read().store).toBe("secondary");
    expect(() => edge.setPool("elsewhere", { enabled: true })).toThrow('the plan has no pool "elsewhere"');
  });

  it("of a disabled pool is undone by the next plan, which says what is enabled", () => {
    const edge = settled();
    edge.setPool("assets-primary", { enabled: false });
    edge.setOrder({ defaultPools: ["assets-secondary", "assets-primary"], fallbackPool: "assets-secondary" });
    expect(edge.pools().map(({ store, enabled }) => [store, enabled])).toEqual([
      ["secondary", true],
      ["primary", false],
    ]);
    edge.applyPlan(PLAN);
    expect(edge.pools().map(({ store, enabled, status }) => [store, enabled, status])).toEqual([
      ["primary", true, "unknown"],
      ["secondary", true, "healthy"],
    ]);
  });

  it("of the order may leave a pool out, which is looked at anew once it is named again", () => {
    const edge = settled();
    edge.setOrder({ defaultPools: ["assets-primary"], fallbackPool: "assets-primary" });
    expect(edge.pools()).toHaveLength(1);
    edge.setPool("assets-secondary", { enabled: false });
    edge.setOrder({ defaultPools: ["assets-secondary", "assets-primary"], fallbackPool: "assets-primary" });
    pass(edge, 5);
    expect(edge.read().store).toBe("primary");
    edge.setPool("assets-secondary", { enabled: true });
    expect(edge.pools()[0]).toMatchObject({ store: "secondary", status: "unknown" });
    pass(edge, 5);
    expect(edge.read().store).toBe("secondary");
  });

  it("of the marker is seen by each resolver when what it keeps has run out", () => {
    const edge = settled();
    const seen = () => ([0, 1] as const).map((resolver) => edge.resolve(resolver).active);
    edge.resolve(0);
    pass(edge, 30);
    edge.resolve(1);
    edge.publishMarker({ active: "secondary", writesPaused: false });
    expect(seen()).toEqual(["primary", "primary"]);
    pass(edge, 30);
    expect(seen()).toEqual(["secondary", "primary"]);
    pass(edge, 30);
    expect(seen()).toEqual(["secondary", "secondary"]);
    edge.applyPlan(PLAN);
    pass(edge, 60);
    expect(seen()).toEqual(["primary", "primary"]);
  });
});
