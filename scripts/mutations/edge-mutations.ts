import type { Mutation, Proof } from "./mutation";

const core = (file: string) => `drill/edge/core/${file}.ts`;

function test(file: string, named: string): Proof {
  return { test: `test/drill/edge-${file}.test.ts`, named };
}

const CHANGES = test("properties", "changes a pool exactly when all checks so far say so");
const QUORUM = test("decisions", "is healthy exactly when most regions have two of three data centres up");
const CHOICE = test("decisions", "takes the first healthy enabled pool in order");
const RETRY = test("decisions", "retries on the next healthy pool only");
const READERS = test("properties", "is what was right at some moment of the last five seconds");

const QUORUMS: readonly Mutation[] = [
  {
    name: "quorum-any",
    without: "a majority of voters is needed: any one is enough",
    file: core("pool-health"),
    text: "length * 2 > voters.length",
    by: "length > 0",
    proofs: [QUORUM, CHANGES],
  },
  {
    name: "quorum-all",
    without: "a majority of voters is enough: all are needed",
    file: core("pool-health"),
    text: "length * 2 > voters.length",
    by: "length === voters.length",
    proofs: [QUORUM, CHANGES, { drill: "probes-region-lost" }],
  },
  {
    name: "quorum-tie",
    without: "a tie is no majority",
    file: core("pool-health"),
    text: "length * 2 > voters.length",
    by: "length * 2 >= voters.length",
    proofs: [QUORUM, test("decisions", "counts an even split between regions as no majority")],
  },
  {
    name: "quorum-of-regions",
    without: "most regions must find a pool healthy, not any one",
    file: core("pool-health"),
    text: "isMajority(Object.values(health), (dataCentres) => isRegionUp(dataCentres, counted)),",
    by: "Object.values(health).some((dataCentres) => isRegionUp(dataCentres, counted)),",
    proofs: [QUORUM, CHANGES],
  },
  {
    name: "unknown-is-healthy",
    without: "what nobody has looked at is not healthy",
    file: core("pool-health"),
    text: 'if (isUp(["up"])) return "healthy";',
    by: 'if (isUp(["up", "unknown"])) return "healthy";',
    proofs: [test("decisions", "is decided only when no outstanding check could turn it")],
  },
  {
    name: "one-check-decides",
    without: "a verdict needs as many equal checks as the monitor asks for",
    file: core("pool-health"),
    text: "Math.min(needed, known.run.length + 1) : 1;",
    by: "needed : needed;",
    proofs: [
      test("decisions", "follows a data centre only after as many equal results in a row"),
      test("properties", "is never sooner than the consecutive checks allow"),
    ],
  },
  {
    name: "checks-need-not-agree",
    without: "the checks of a verdict come one after the other",
    file: core("pool-health"),
    text: "known.run?.passed === passed ? Math.min(needed, known.run.length + 1) : 1;",
    by: "Math.min(needed, (known.run?.length ?? 0) + 1);",
    proofs: [
      test("decisions", "follows a data centre only after as many equal results in a row"),
      test("properties", "is never sooner than the consecutive checks allow"),
    ],
  },
];

const PROBES: readonly Mutation[] = [
  {
    name: "probe-body-ignored",
    without: "a probe's answer must hold the expected text",
    file: core("probe-outcome"),
    text: "return seen.includes(expected)",
    by: "return expected !== seen.toUpperCase()",
    proofs: [test("decisions", "whether an answer satisfies a monitor"), { drill: "wrong-health-body" }],
  },
  {
    name: "probe-status-ignored",
    without: "a probe's answer must have an expected status",
    file: core("probe-outcome"),
    text: "if (!isExpectedCode(status, monitor.expectedCodes)) {",
    by: "if (false) {",
    proofs: [test("decisions", "whether an answer satisfies a monitor")],
  },
  {
    name: "probe-retried-after-answer",
    without: "a probe is asked again after a time-out only",
    file: core("probe-outcome"),
    text: 'answer.kind === "timed-out" && attemptsMade <= monitor.retries',
    by: "attemptsMade <= monitor.retries",
    proofs: [test("decisions", "is asked again only after a time-out")],
  },
  {
    name: "probe-retried-without-end",
    without: "a probe is asked again as often as the monitor allows",
    file: core("probe-outcome"),
    text: "attemptsMade <= monitor.retries",
    by: "attemptsMade <= monitor.retries + 1",
    proofs: [test("decisions", "is asked again only after a time-out")],
  },
];

const STEERING: readonly Mutation[] = [
  {
    name: "any-failure-retried",
    without: "only failed connections are tried on another pool",
    file: core("steering"),
    text: "!RETRIED_CODES.includes(failed.code)",
    by: "failed.code < 0",
    proofs: [RETRY, test("engine", "met as a cut connection is 520, which is not retried")],
  },
  {
    name: "nothing-retried",
    without: "failed connections are tried on another pool at once",
    file: core("steering"),
    text: "= [521, 522, 523, 525, 526];",
    by: "= [];",
    proofs: [RETRY, test("engine", "met as a refused connection costs no read")],
  },
  {
    name: "body-sent-twice",
    without: "a request with a body is not sent a second time",
    file: core("steering"),
    text: " || failed.requestHasBody",
    by: "",
    proofs: [RETRY],
  },
  {
    name: "retried-on-unhealthy",
    without: "a retry goes to a healthy pool",
    file: core("steering"),
    text: "candidate.name !== failed.pool.name && candidate.enabled && isHealthy(candidate)",
    by: "candidate.name !== failed.pool.name && candidate.enabled",
    proofs: [RETRY],
  },
  {
    name: "retried-without-leave",
    without: "a retry on another pool needs the plan's leave",
    file: core("steering"),
    text: "!plan.failoverAcrossPools || ",
    by: "",
    proofs: [RETRY, test("engine", "is not helped by another pool unless the plan allows")],
  },
  {
    name: "fallback-obeys-health",
    without: "the fallback pool is asked whatever its health",
    file: core("steering"),
    text: "return fallback.enabled && fallback.origin.enabled",
    by: "return fallback.enabled && fallback.origin.enabled && isHealthy(fallback)",
    proofs: [CHOICE, READERS],
  },
  {
    name: "disabled-pool-used",
    without: "no reader is sent to a disabled pool",
    file: core("steering"),
    text: "find((candidate) => candidate.enabled && isHealthy(candidate));",
    by: "find((candidate) => isHealthy(candidate));",
    proofs: [CHOICE],
  },
  {
    name: "region-list-ignored",
    without: "readers of a region follow its own list",
    file: "drill/edge/edge-plan.ts",
    text: "return own ?? plan.defaultPools;",
    by: "return own === undefined ? plan.defaultPools : plan.defaultPools;",
    proofs: [
      test("virtual", "is each region's own list"),
      test("origins", "decides on the list of pools, and is not told to origins"),
    ],
  },
  {
    name: "address-not-cached",
    without: "an origin's address is kept for a while",
    file: core("route-cache"),
    text: "now < kept.expires",
    by: "kept.expires < 0",
    proofs: [test("decisions", "keeps a decision for its time and then looks again")],
  },
  {
    name: "address-cached-for-good",
    without: "an origin's address is looked up again",
    file: core("route-cache"),
    text: "expires: now + ROUTE_SECONDS",
    by: "expires: Number.POSITIVE_INFINITY",
    proofs: [test("decisions", "keeps a decision for its time and then looks again"), READERS],
  },
  {
    name: "health-forgotten-at-flip",
    without: "a change of order keeps what is known of the pools",
    file: core("edge-core"),
    text: "if (!isDeepStrictEqual(watch.pool, pools.get(name))) this.watches.delete(name);",
    by: "this.watches.delete(name);",
    proofs: [test("engine", "by another plan turns the order around, keeps what is known of the pools")],
  },
  {
    name: "marker-not-cached",
    without: "a resolver keeps an answer for the record's time to live",
    file: core("marker-zone"),
    text: "this.kept === undefined || nowSeconds >= this.kept.expires",
    by: "nowSeconds >= 0",
    proofs: [test("decisions", "keeps an answer for the record's time to live, counting down")],
  },
];

export const EDGE_MUTATIONS: readonly Mutation[] = [...QUORUMS, ...PROBES, ...STEERING];
