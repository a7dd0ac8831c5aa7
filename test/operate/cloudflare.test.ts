import { afterEach, describe, expect, it } from "@jest/globals";
import { cloudflarePermissionFor, cloudflarePermissionText } from "../../contract/cloudflare-permissions";
import type { PoolHealth } from "../../drill/cloudflare/pool-health";
import { readEdgePlan } from "../../drill/edge/read-edge-plan";
import { CloudflareApi } from "../../operate/cloudflare/cloudflare-api";
import { CloudflareEdge } from "../../operate/cloudflare/cloudflare-edge";
import {
  CloudflareRefusedError,
  CloudflareUnreachableError,
} from "../../operate/cloudflare/cloudflare-errors";
import { liveMarker } from "../../operate/cloudflare/marker-content";
import { poolHealth } from "../../operate/cloudflare/pool-health";
import { orderWithFirst } from "../../operate/cloudflare/pool-order";
import { changedFacts } from "../../operate/facts/changed-facts";
import { FactsMalformedError } from "../../operate/facts/facts-errors";
import { formatFacts, parseFacts } from "../../operate/facts/facts-shape";
import { EdgeNotFoundError, findFacts } from "../../operate/facts/find-facts";
import {
  ACCOUNT_ID,
  type DeployedEdge,
  deployEdge,
  FLIP_PERMISSIONS,
  HOSTNAME,
  TOKEN,
  ZONE_ID,
} from "./support/deployed-edge";

const signal = new AbortController().signal;

/** Quick: real seconds are only what Cloudflare is slow by. */
const QUICK = { attemptSeconds: 0.2, budgetSeconds: 1 };

let deployed: DeployedEdge | undefined;

async function deploy(...options: Parameters<typeof deployEdge>): Promise<DeployedEdge> {
  deployed = await deployEdge(...options);
  return deployed;
}

afterEach(() => deployed?.cloudflare.stop());

async function failureOf(promise: Promise<unknown>): Promise<Error> {
  const error = await promise.then(
    () => new Error("it worked, although a failure was expected"),
    (reason: unknown) => reason,
  );
  return error instanceof Error ? error : new Error(String(error));
}

describe("the live edge", () => {
  it("is read as it was deployed, with what the monitors say", async () => {
    const health: Record<string, PoolHealth> = { primary: "unhealthy" };
    const { edge, facts } = await deploy({
      poolHealth: (pool) => (pool.includes("primary") ? (health.primary ?? "unknown") : "healthy"),
    });

    expect(await edge.read(signal)).toEqual({
      marker: { content: '"active=primary"', marker: { value: { active: "primary", writesPaused: false } } },
      loadBalancer: {
        enabled: true,
        defaultPools: [facts.pools.primary.id, facts.pools.secondary.id],
        fallbackPool: facts.pools.primary.id,
        regionPools: {},
      },
      pools: {
        primary: { id: facts.pools.primary.id, enabled: true, health: { value: "unhealthy" } },
        secondary: { id: facts.pools.secondary.id, enabled: true, health: { value: "healthy" } },
      },
    });

    health.primary = "unknown";
    expect((await edge.read(signal)).pools.primary.health).toHaveProperty("unknown");
  });

  it("is flipped by one change of the marker and one of the load balancer, and by none when it is done", async () => {
    const seen: unknown[] = [];
    const { edge, facts, cloudflare } = await deploy({
      onChange: (stack) => {
        const { marker, defaultPools, fallbackPool } = readEdgePlan(stack);
        seen.push([marker.content, defaultPools.map(({ origin }) => origin.name), fallbackPool.origin.name]);
      },
    });
    const ids = [facts.pools.secondary.id, facts.pools.primary.id];

    for (let time = 0; time < 2; time++) {
      const marker = await edge.writeMarker({ active: "secondary", writesPaused: true }, signal);
      expect(marker).toEqual(liveMarker('"active=secondary;writes=paused"'));
      expect(await edge.writeOrder("secondary", signal)).toMatchObject({
        defaultPools: ids,
        fallbackPool: ids[0],
      });
    }

    expect(cloudflare.changes).toEqual([
      `PATCH /zones/${ZONE_ID}/dns_records/${facts.marker.recordId}`,
      `PATCH /zones/${ZONE_ID}/load_balancers/${facts.loadBalancerId}`,
    ]);
    const paused = { active: "secondary", writesPaused: true };
    expect(seen).toEqual([
      [paused, ["primary", "secondary"], "primary"],
      [paused, ["secondary", "primary"], "secondary"],
    ]);
    // Nothing else of the two has changed.
    const record = cloudflare.item(`/zones/${ZONE_ID}/dns_records/${facts.marker.recordId}`);
    expect(record).toMatchObject({ name: facts.marker.name, ttl: 60, type: "TXT" });
    const balancer = cloudflare.item(`/zones/${ZONE_ID}/load_balancers/${facts.loadBalancerId}`);
    expect(balancer).toMatchObject({ proxied: true, steering_policy: "off" });
  });

  it("is not written to where the record is another than the facts say", async () => {
    const { api, facts, cloudflare } = await deploy();
    const stale = { ...facts, marker: { ...facts.marker, name: "_storage-failover.other.example.com" } };

    const edge = new CloudflareEdge(api, stale);

    expect(await failureOf(edge.writeMarker({ active: "secondary", writesPaused: false }, signal))).toEqual(
      expect.objectContaining({ status: 404, message: expect.stringContaining("storage-failover facts") }),
    );
    expect(cloudflare.changes).toEqual([]);
  });

  it("keeps every pool that is in the order, and makes the pool the first and the fallback", () => {
    const order = orderWithFirst({ defaultPools: ["a", "own", "b"], fallbackPool: "a" }, "b");
    expect(order).toEqual({ defaultPools: ["b", "a", "own"], fallbackPool: "b" });
  });

  it.each([
    ["nothing", {}, "unknown"],
    ["most places", { a: { healthy: true }, b: { healthy: true }, c: { healthy: false } }, "healthy"],
    ["a tie", { a: { healthy: true }, b: { healthy: false } }, "unhealthy"],
    ["the whole, as the published schema has it", { healthy: true, origins: [] }, "healthy"],
  ])("takes health from %s", (_name, health, expected) => {
    const found = poolHealth({ pop_health: health });
    expect("value" in found ? found.value : "unknown").toBe(expected);
  });
});

describe("Cloudflare in trouble", () => {
  it.each([429, 500, 503])("is asked again after %d, and the flip does not notice", async (status) => {
    const { edge, cloudflare } = await deploy();
    let left = 2;
    cloudflare.setFault(({ method }) =>
      method === "PATCH" && left-- > 0 ? { kind: "status", status, retryAfterSeconds: 0 } : undefined,
    );

    const { marker } = await edge.writeMarker({ active: "secondary", writesPaused: false }, signal);

    expect(marker).toEqual({ value: { active: "secondary", writesPaused: false } });
    expect(cloudflare.changes).toHaveLength(3);
  });

  it("that asks for more patience than there is, is unreachable", async () => {
    const { edge, cloudflare } = await deploy({}, QUICK);
    cloudflare.setFault(() => ({ kind: "status", status: 429, retryAfterSeconds: 600 }));

    const error = await failureOf(edge.read(signal));

    expect(error).toBeInstanceOf(CloudflareUnreachableError);
    expect(error.message).toMatch(/with 429: .*throttling/);
  });

  it.each(["before", "after"] as const)(
    "cuts the connection %s a change: asked again, done once",
    async (when) => {
      const { edge, cloudflare } = await deploy();
      let cut = false;
      cloudflare.setFault(({ method }) => {
        if (method !== "PATCH" || cut) return undefined;
        cut = true;
        return { kind: "cut", when };
      });

      const order = await edge.writeOrder("secondary", signal);

      expect(order.defaultPools).toHaveLength(2);
      expect(cloudflare.changes).toHaveLength(2);
    },
  );

  it("and nobody there, and silence, are unreachable", async () => {
    const { edge, cloudflare } = await deploy({}, QUICK);
    cloudflare.setFault(() => ({ kind: "silent" }));
    expect(await failureOf(edge.read(signal))).toBeInstanceOf(CloudflareUnreachableError);

    await cloudflare.stop();
    expect(await failureOf(edge.read(signal))).toBeInstanceOf(CloudflareUnreachableError);
  });

  it("is left alone at once when the command is interrupted", async () => {
    const { edge, cloudflare } = await deploy();
    cloudflare.setFault(() => ({ kind: "silent" }));
    const controller = new AbortController();
    const reading = failureOf(edge.read(controller.signal));
    controller.abort(new Error("interrupted"));

    expect((await reading).message).toBe("interrupted");
  });
});

describe("a token", () => {
  it("that is wrong is refused, and never repeated", async () => {
    const { cloudflare, facts } = await deploy();
    const edge = new CloudflareEdge(
      new CloudflareApi({ token: "wrong-one", baseUrl: cloudflare.baseUrl }),
      facts,
    );

    const error = await failureOf(edge.read(signal));

    expect(error).toBeInstanceOf(CloudflareRefusedError);
    expect(error.message).toMatch(/403.*Invalid access token \(9109\).*The token is wrong, or lacks: /);
    expect(error.message).not.toContain("wrong-one");
  });

  it("for flips is enough for facts and flips", async () => {
    const { edge } = await deploy({ permissions: FLIP_PERMISSIONS });

    await edge.read(signal);
    await edge.writeMarker({ active: "secondary", writesPaused: false }, signal);
    expect(await edge.writeOrder("secondary", signal)).toHaveProperty("enabled", true);
  });

  it("that may only read is told which right it lacks", async () => {
    const readOnly = FLIP_PERMISSIONS.map((one) => one.replace("Edit", "Read"));
    const { edge } = await deploy({ permissions: readOnly });

    await edge.read(signal);
    const error = await failureOf(edge.writeMarker({ active: "secondary", writesPaused: false }, signal));

    expect(error).toMatchObject({ missing: { scope: "zone", name: "DNS", level: "Edit" } });
    expect(error.message).toContain("DNS: Edit (zone)");
  });

  it("goes to nobody over plain HTTP but to this machine", () => {
    const send = (baseUrl: string) => () => new CloudflareApi({ token: TOKEN, baseUrl });
    expect(send("http://api.example.com")).toThrow(RangeError);
    expect(send("https://api.example.com")).not.toThrow();
  });

  it.each([
    ["GET", "/zones", "Zone: Read (zone)"],
    ["GET", `/zones/${ZONE_ID}`, "Zone: Read (zone)"],
    ["PATCH", `/zones/${ZONE_ID}/load_balancers/1`, "Load Balancers: Edit (zone)"],
    [
      "GET",
      `/accounts/${ACCOUNT_ID}/load_balancers/pools/1/health`,
      "Load Balancing: Monitors and Pools: Read (account)",
    ],
  ])("needs for %s %s: %s", (method, path, expected) => {
    const permission = cloudflarePermissionFor(method, path);
    expect(permission && cloudflarePermissionText(permission)).toBe(expected);
  });

  it("needs nothing to ask for itself", () => {
    expect(cloudflarePermissionFor("GET", "/user/tokens/verify")).toBeUndefined();
  });
});

describe("facts", () => {
  it("are found by the host name alone, and survive being written and read", async () => {
    const { api, facts } = await deploy();

    const found = await findFacts(api, { hostname: HOSTNAME }, signal);

    expect(changedFacts(facts, found)).toEqual([]);
    expect(found).toMatchObject({ hostname: HOSTNAME, zoneId: ZONE_ID, accountId: ACCOUNT_ID });
    expect(found.pools.primary.id).not.toBe(found.pools.secondary.id);
    const text = formatFacts(found);
    expect(parseFacts(text, "x.json")).toEqual(found);
    const shuffled = Object.fromEntries(Object.entries(found).toReversed()) as typeof found;
    expect(formatFacts(shuffled)).toBe(text);
  });

  it("that have changed are named one by one", async () => {
    const { facts } = await deploy();
    const other = { ...facts, checkedAt: "2020-01-01T00:00:00Z", loadBalancerId: "a".repeat(32) };

    expect(changedFacts(other, facts)).toEqual([
      { path: "loadBalancerId", was: "a".repeat(32), is: facts.loadBalancerId },
    ]);
  });

  it.each([
    ["other.example.com", undefined, /no load balancer for other.example.com/],
    ["assets.example.org", undefined, /no zone of assets.example.org/],
    [HOSTNAME, "2".repeat(32), /Cloudflare knows nothing at GET \/zones\/2222/],
  ])(
    "of %s in zone %s are not found, and the message says what is missing",
    async (hostname, zoneId, said) => {
      const { api } = await deploy();
      expect((await failureOf(findFacts(api, { hostname, zoneId }, signal))).message).toMatch(said);
    },
  );

  it("are not found where the marker is there twice", async () => {
    const { api, cloudflare, facts } = await deploy();
    await fetch(`${cloudflare.baseUrl}zones/${ZONE_ID}/dns_records`, {
      method: "POST",
      headers: { authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify({ name: facts.marker.name, type: "TXT", ttl: 60, content: '"active=secondary"' }),
    });

    const error = await failureOf(findFacts(api, { hostname: HOSTNAME }, signal));

    expect(error).toBeInstanceOf(EdgeNotFoundError);
    expect(error.message).toContain("has 2 TXT records");
  });

  it.each([
    ["", "is no JSON"],
    ["{}", "version"],
    ['{"version":1,"zoneId":"short"}', "zoneId: expected 32 hexadecimal digits"],
  ])("in a file with %j are refused with the place", (text, said) => {
    expect(() => parseFacts(text, "facts.json")).toThrow(FactsMalformedError);
    expect(() => parseFacts(text, "facts.json")).toThrow(said);
  });
});

describe("the stand-in of the API", () => {
  const asked = async (path: string, init: RequestInit = {}) => {
    const { cloudflare } = deployed ?? (await deploy());
    const response = await fetch(`${cloudflare.baseUrl}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    return { status: response.status, ...((await response.json()) as Record<string, unknown>) };
  };

  it("answers in envelopes, and lists in pages", async () => {
    await deploy();
    expect(await asked("user/tokens/verify")).toMatchObject({ success: true, result: { status: "active" } });
    const page = await asked(`accounts/${ACCOUNT_ID}/load_balancers/pools?page=2&per_page=1`);
    expect(page).toMatchObject({
      result_info: { page: 2, per_page: 1, count: 1, total_count: 2, total_pages: 2 },
    });
    expect(await asked(`zones/${ZONE_ID}/load_balancers/none`)).toMatchObject({
      status: 404,
      success: false,
      errors: [{ code: 1000 }],
    });
  });

  it("refuses to order a pool that is not there, and to delete one that is used", async () => {
    const { facts } = await deploy();
    const path = `zones/${ZONE_ID}/load_balancers/${facts.loadBalancerId}`;
    const body = JSON.stringify({ default_pools: ["none"] });
    expect(await asked(path, { method: "PATCH", body })).toMatchObject({ status: 400, success: false });
    const pool = `accounts/${ACCOUNT_ID}/load_balancers/pools/${facts.pools.secondary.id}`;
    expect(await asked(pool, { method: "DELETE" })).toMatchObject({ status: 412 });
    expect(await asked(path)).toMatchObject({
      result: { default_pools: [facts.pools.primary.id, facts.pools.secondary.id] },
    });
  });

  it("gives the stack as it was synthesized as long as nothing was changed, and with what was", async () => {
    const { cloudflare, facts } = await deploy();
    const before = readEdgePlan(cloudflare.stack());
    await asked(`accounts/${ACCOUNT_ID}/load_balancers/pools/${facts.pools.primary.id}`, {
      method: "PATCH",
      body: JSON.stringify({ enabled: false }),
    });

    const [primary, secondary] = readEdgePlan(cloudflare.stack()).defaultPools;
    expect([primary?.enabled, secondary?.enabled]).toEqual([false, true]);
    expect({ ...primary, enabled: true }).toEqual(before.defaultPools[0]);
  });
});
