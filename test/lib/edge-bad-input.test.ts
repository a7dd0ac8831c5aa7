import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { App, TerraformStack, TerraformVariable } from "cdktf";
import fc from "fast-check";
import { ConfigurationError } from "../../lib/configuration-error";
import { FailoverLoadBalancer, type FailoverLoadBalancerProps } from "../../lib/edge/failover-load-balancer";
import { CLOUDFLARE_PLANS, PLAN_LIMITS } from "../../lib/edge/plan-limits";
import { exampleEdgeProps, exampleSecondary } from "./example-stores";
import { itRefusesEach, type RefusedInput } from "./refusal";
import { edgeSynthesizer } from "./synthesize-edge";
import { temporaryFolder } from "./temporary-folder";

const outdir = temporaryFolder();
const synthesizeEdge = edgeSynthesizer(outdir);

describe("an account's room for pools", () => {
  const build = (count: number, plan: FailoverLoadBalancerProps["plan"], accounts = 1) => {
    const stack = new TerraformStack(new App({ outdir }), "edge");
    for (let index = 0; index < count; index += 1) {
      new FailoverLoadBalancer(stack, `edge-${index}`, {
        ...exampleEdgeProps,
        plan,
        manageZoneRules: false,
        hostname: `assets-${index}.example.com`,
        accountId: `account-${index % accounts}`,
      });
    }
  };

  it("holds ten load balancers below Enterprise, more on Enterprise, and counts each account by itself", () => {
    expect(() => build(10, "business")).not.toThrow();
    expect(() => build(11, "enterprise")).not.toThrow();
    expect(() => build(20, "pro", 2)).not.toThrow();
  });

  itRefusesEach([
    {
      input: "an eleventh",
      attempt: () => build(11, "pro"),
      code: "NUMBER_OUT_OF_RANGE",
      path: "edge/edge-10",
      value: 22,
      allowed: "at most 20 pools in the account account-0",
      fix: "accountPlan",
    },
  ]);
});

it("has the limits in docs/cloudflare.md that the checks have", () => {
  const rows =
    readFileSync("docs/cloudflare.md", "utf8").match(/^\| (free|pro|business|enterprise) \|.*$/gm) ?? [];

  expect(
    rows.map((row) =>
      row
        .split("|")
        .map((cell) => cell.trim())
        .slice(1, -1),
    ),
  ).toEqual(
    CLOUDFLARE_PLANS.map((plan) => {
      const limits = PLAN_LIMITS[plan];
      return [
        plan,
        String(limits.leastIntervalSeconds),
        String(limits.mostCheckRegions),
        String(limits.mostPools ?? "by contract"),
        String(limits.leastEdgeCacheSeconds),
        limits.webhooks ? "yes" : "no",
        limits.pagerduty ? "yes" : "no",
      ];
    }),
  );
});

describe("a zone's room for rulesets", () => {
  const two = (change: Partial<FailoverLoadBalancerProps>) => () => {
    const stack = new TerraformStack(new App({ outdir }), "edge");
    new FailoverLoadBalancer(stack, "first", exampleEdgeProps);
    new FailoverLoadBalancer(stack, "second", { ...exampleEdgeProps, hostname: "b.example.com", ...change });
  };

  it("holds a second load balancer that leaves the rules alone, or is in another zone", () => {
    expect(two({ manageZoneRules: false })).not.toThrow();
    expect(two({ zoneId: "another" })).not.toThrow();
  });

  itRefusesEach([
    {
      input: "a second one that would replace the first one's rules",
      attempt: two({}),
      code: "VALUE_INVALID",
      path: "edge/second/zone-rules",
      value: "zone",
      allowed: "one ruleset a phase and zone",
      fix: "set manageZoneRules",
    },
    {
      input: "a second one that would replace the first one's cache rules",
      attempt: two({ manageZoneRules: false, manageCacheRules: true }),
      code: "VALUE_INVALID",
      path: "edge/second",
      value: "zone",
      allowed: "one ruleset a phase and zone",
      fix: "manageCacheRules",
    },
  ]);
});

describe("bad input", () => {
  const refused = (
    change: Partial<Record<keyof FailoverLoadBalancerProps, unknown>>,
    code: RefusedInput["code"],
    value: unknown,
    allowed: string,
    fix: string,
    path = Object.keys(change).at(-1),
  ): RefusedInput => ({
    input: JSON.stringify(change),
    attempt: () => synthesizeEdge(change as Partial<FailoverLoadBalancerProps>),
    code,
    path: `edge/edge/${path}`,
    value,
    allowed,
    fix,
  });
  const webhook = "0".repeat(32);

  itRefusesEach([
    refused({ zoneId: "" }, "VALUE_INVALID", "", "32 hexadecimal", "overview"),
    refused(
      { plan: "business", accountPlan: "pro" },
      "VALUE_INVALID",
      "pro",
      "business, enterprise",
      "leave it away",
    ),
    // A store of one's own is no construct that has checked itself.
    ...(
      [
        ["healthPath", "health.txt", "a slash and a key", "/storage-failover-health.txt"],
        ["healthBody", "", "one line of 1 to 256", "is healthy"],
      ] as const
    ).map(([prop, value, allowed, fix]) =>
      refused(
        { secondary: { ...exampleSecondary, [prop]: value } },
        "VALUE_INVALID",
        value,
        allowed,
        fix,
        `secondary/${prop}`,
      ),
    ),
    refused({ accountId: "an account" }, "VALUE_INVALID", "an account", "32 hexadecimal", "overview"),
    refused({ accountPlan: "gold" }, "VALUE_INVALID", "gold", "free, pro", "plan"),
    refused({ poolNamePrefix: "a.b" }, "VALUE_INVALID", "a.b", "hyphens", "assets-example-com"),
    refused({ poolNamePrefix: "" }, "VALUE_INVALID", "", "1 to 253", "assets-example-com"),
    refused(
      { regionPools: { EUN: ["primary", "secondary"] } },
      "CHECK_REGION_UNKNOWN",
      "EUN",
      "WEU, EEU",
      "capitals",
    ),
    refused(
      { regionPools: { ALL_REGIONS: ["primary", "secondary"] } },
      "CHECK_REGION_UNKNOWN",
      "ALL_REGIONS",
      "WEU",
      "active store first anyway",
    ),
    ...[
      ["primary"],
      [],
      ["primary", "primary"],
      ["primary", "secondary", "primary"],
      ["primary", "third"],
    ].map((list) =>
      refused(
        { regionPools: { WEU: list } },
        "VALUE_INVALID",
        list,
        '["primary", "secondary"]',
        "nearer first",
        "regionPools/WEU",
      ),
    ),
    refused({ sessionAffinity: "header" }, "VALUE_INVALID", "header", "none, cookie, ip_cookie", '"cookie"'),
    refused({ sessionAffinitySeconds: 3600 }, "VALUE_INVALID", 3600, '"none"', "leave it away"),
    ...[1799, 604_801, 3600.5].map((seconds) =>
      refused(
        { sessionAffinity: "cookie", sessionAffinitySeconds: seconds },
        "NUMBER_OUT_OF_RANGE",
        seconds,
        "1800 to 604800",
        "1800",
      ),
    ),
    refused(
      { plan: "free", edgeCacheSeconds: 3600 },
      "NUMBER_OUT_OF_RANGE",
      3600,
      "0, or 7200",
      "use the pro plan",
    ),
    refused(
      { plan: "pro", edgeCacheSeconds: 3599 },
      "NUMBER_OUT_OF_RANGE",
      3599,
      "0, or 3600",
      "use the business plan",
    ),
    refused({ plan: "business", edgeCacheSeconds: 0.5 }, "NUMBER_OUT_OF_RANGE", 0.5, "1 to", "Cache-Control"),
    refused({ edgeCacheSeconds: -1 }, "NUMBER_OUT_OF_RANGE", -1, "0 to 31536000", "0"),
    refused({ edgeCacheSeconds: 31_536_001 }, "NUMBER_OUT_OF_RANGE", 31_536_001, "31536000", "31536000"),
    refused(
      { manageZoneRules: false, edgeCacheSeconds: 3600 },
      "VALUE_INVALID",
      3600,
      "manageZoneRules is false",
      "cacheRule()",
    ),
    refused(
      { notificationEmails: ["storage"] },
      "VALUE_INVALID",
      "storage",
      "e-mail address",
      "on-call@example.com",
    ),
    refused(
      { notificationEmails: ["a@b.example,c@d.example"] },
      "VALUE_INVALID",
      "a@b.example,c@d.example",
      "e-mail",
      "one a text",
    ),
    refused(
      { notificationEmails: ["a@b.example", "a@b.example"] },
      "VALUE_INVALID",
      "a@b.example",
      "different",
      "once",
    ),
    refused(
      { plan: "free", notificationWebhookIds: [webhook] },
      "VALUE_INVALID",
      [webhook],
      "below the pro plan",
      "accountPlan",
    ),
    refused(
      { notificationWebhookIds: ["https://hook.example"] },
      "VALUE_INVALID",
      "https://hook.example",
      "identifier",
      "0123456789abcdef",
    ),
    refused(
      { plan: "pro", notificationPagerdutyIds: [webhook] },
      "VALUE_INVALID",
      [webhook],
      "below the business plan",
      "e-mail",
    ),
    refused({ rtoSeconds: 0 }, "NUMBER_OUT_OF_RANGE", 0, "1 to 86400", "1"),
    refused(
      { consecutiveDown: 2, rtoSeconds: 139 },
      "OBJECTIVE_UNREACHABLE",
      139,
      "140 seconds",
      "consecutiveDown to 1",
    ),
  ]);

  it("gets a plan or a refusal that helps, whatever stands in the props", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom("", "primary", "WEU", "ALL_REGIONS", "cookie", "free", "${x}", "a@b.example", webhook),
    );
    const number = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, 1, 60, 3600, Number.NaN));
    const list = fc.array(text, { maxLength: 3 });
    const numbers = [
      "rtoSeconds",
      "edgeCacheSeconds",
      "sessionAffinitySeconds",
      "intervalSeconds",
      "timeoutSeconds",
      "retries",
      "consecutiveUp",
      "consecutiveDown",
    ];
    const texts = [
      "activeProvider",
      "hostname",
      "zoneName",
      "zoneId",
      "accountId",
      "plan",
      "accountPlan",
      "poolNamePrefix",
      "originSecret",
      "sessionAffinity",
    ];
    const lists = [
      "checkRegions",
      "notificationEmails",
      "notificationWebhookIds",
      "notificationPagerdutyIds",
    ];
    const oneOf = (names: readonly string[], value: fc.Arbitrary<unknown>) =>
      fc.tuple(fc.constantFrom(...names), value);
    const entry = fc.oneof(
      oneOf(numbers, number),
      oneOf(texts, text),
      oneOf(lists, list),
      oneOf(["regionPools"], fc.dictionary(text, list, { maxKeys: 2 })),
      oneOf(["manageZoneRules", "manageCacheRules"], fc.boolean()),
    );
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 3 }), (entries) => {
        const stack = new TerraformStack(new App({ outdir }), "edge");
        try {
          new FailoverLoadBalancer(stack, "edge", { ...exampleEdgeProps, ...Object.fromEntries(entries) });
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigurationError);
        }
      }),
      { seed: 5, numRuns: 200 },
    );
  });

  it("lets references pass that are only known after deployment", () => {
    const stack = new TerraformStack(new App({ outdir }), "tokens");
    const number = new TerraformVariable(stack, "number", { type: "number" }).numberValue;
    const text = new TerraformVariable(stack, "text", { type: "string" }).stringValue;

    expect(
      () =>
        new FailoverLoadBalancer(stack, "edge", {
          ...exampleEdgeProps,
          poolNamePrefix: text,
          edgeCacheSeconds: number,
          intervalSeconds: number,
          rtoSeconds: 30,
          notificationEmails: [text],
          notificationWebhookIds: [text],
        }),
    ).not.toThrow();
  });
});
