import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import type { StoreName } from "../../contract/stores";
import { withPools } from "../../drill/edge/edge-plan";
import { READER_REGION_HEADER } from "../../drill/edge/region-header";
import { createAuthority, EXPIRED, selfSignedCertificate } from "../../drill/gateway/certificates";
import type { CertificatePair } from "../../drill/gateway/gateway-messages";
import { listen } from "../../drill/machine/loopback-server";
import {
  EdgeTestBed,
  INTERVAL_MILLISECONDS,
  PATIENCE_MILLISECONDS,
  PRIMARY_FIRST,
  UNNOTICED,
  until,
} from "./edge-test-bed";
import { TestOrigin } from "./edge-test-origin";

jest.setTimeout(4 * PATIENCE_MILLISECONDS);

let bed: EdgeTestBed;

beforeEach(async () => {
  bed = new EdgeTestBed();
  await bed.startOrigins();
});

afterEach(async () => {
  await bed.stop();
});

describe("origins over TLS", () => {
  const hostNames = ["primary-origin.example.com", "secondary-origin.example.com"];
  const authority = createAuthority();
  const tls = { ca: authority.certificate };
  const good = authority.issue({ hostNames });
  const expired = authority.issue({ hostNames, days: EXPIRED });
  const another = authority.issue({ hostNames: ["elsewhere.example.com"] });

  async function restart(store: StoreName, certificate?: CertificatePair): Promise<void> {
    await bed.origins[store].stop();
    await bed.origins[store].start(certificate);
  }

  beforeEach(async () => {
    await Promise.all([restart("primary", good), restart("secondary", good)]);
  });

  const cases: readonly (readonly [what: string, code: number, CertificatePair | undefined])[] = [
    ["whose certificate has expired", 526, expired],
    ["whose certificate is for another name", 526, another],
    ["whose certificate nobody vouches for", 526, selfSignedCertificate(hostNames)],
    ["that speak no TLS", 525, undefined],
  ];

  it.each(cases)("%s are %i: retried on the other pool, and noticed", async (_what, code, certificate) => {
    await bed.startHealthy(UNNOTICED, { tls });
    expect(await bed.read()).toMatchObject({ store: "primary", status: 200 });

    await restart("primary", certificate);
    bed.origins.primary.reads.length = 0;
    expect(await bed.read()).toMatchObject({ store: "secondary", status: 200 });
    expect(bed.events[0]).toMatchObject({ type: "edge-retry", from: "primary", to: "secondary", code });
    expect((await bed.read("/a", { method: "POST", body: "not sent twice" })).status).toBe(code);
    await bed.edge.applyPlan(PRIMARY_FIRST);
    await until(() => bed.poolEvents("primary").length === 1);
    expect(bed.origins.primary.reads).toEqual([]);

    await restart("primary", good);
    await bed.readsComeFrom("primary");
    // The event comes from another process, and may come after the answer.
    await until(() => bed.poolEvents("primary").length === 2);
    expect(bed.poolEvents("primary")).toEqual([false, true]);
  });

  it("whose handshake never ends are 525 when the time for a connection is over", async () => {
    await bed.startHealthy(UNNOTICED, { tls, minimumTimeoutMilliseconds: 100 });
    await bed.origins.primary.stop();
    const silent = createServer((socket) => socket.on("error", () => undefined).resume());
    await listen(silent, bed.origins.primary.port);
    bed.alsoStop(async () => void silent.close());

    expect(await bed.read()).toMatchObject({ store: "secondary", status: 200 });
    expect(bed.events).toMatchObject([{ type: "edge-retry", code: 525 }]);
  });

  it("are healthy to a monitor that takes any certificate, and to one of type http that asks without TLS", async () => {
    await restart("primary", expired);
    await restart("secondary");
    const plan = withPools(PRIMARY_FIRST, (pool) => ({
      ...pool,
      monitor: {
        ...pool.monitor,
        ...(pool.origin.name === "primary" ? { allowInsecure: true } : { type: "http" as const }),
      },
    }));
    await bed.startHealthy(plan, { tls });
    expect(await bed.read()).toMatchObject({ status: 525, store: undefined });
    expect(bed.events).toMatchObject([{ type: "edge-retry", from: "primary", to: "secondary", code: 526 }]);
  });
});

describe("an origin's address", () => {
  it("without a record is 530, which is not retried, until the monitor notices", async () => {
    await bed.startHealthy(UNNOTICED);
    await bed.edge.removeAddress("primary-origin.example.com");
    expect(await bed.read()).toMatchObject({ status: 530, store: undefined });
    expect(bed.events).toEqual([]);
    await bed.edge.applyPlan(PRIMARY_FIRST);
    await bed.readsComeFrom("secondary");
    await until(() => bed.poolEvents("primary").length === 1);

    await bed.edge.restoreAddress("primary-origin.example.com");
    await bed.readsComeFrom("primary");
    await expect(bed.edge.removeAddress("elsewhere.example.com")).rejects.toThrow("no port is given");
  });

  it("may lead the probes of a region elsewhere than readers: what is broken there is one region's opinion", async () => {
    const path = new TestOrigin("primary");
    await path.start();
    bed.alsoStop(() => path.stop());
    const plan = withPools(PRIMARY_FIRST, (pool) => ({ ...pool, checkRegions: ["WEU", "EEU", "OC"] }));
    await bed.startHealthy(plan, {
      ports: {
        "primary-origin.example.com": { default: bed.origins.primary.port, regions: { OC: path.port } },
        "secondary-origin.example.com": { default: bed.origins.secondary.port },
      },
    });
    await path.stop();
    await until(async () => (await bed.edge.pools())[0]?.regions.OC === "unhealthy");
    expect(await bed.edge.pools()).toMatchObject([
      { store: "primary", status: "healthy", regions: { WEU: "healthy", EEU: "healthy" } },
      { store: "secondary", status: "healthy", regions: { OC: "healthy" } },
    ]);
    expect(await bed.read()).toMatchObject({ store: "primary", status: 200 });
    expect(path.reads).toEqual([]);
    expect(bed.events).toEqual([]);
  });
});

describe("a reader's region", () => {
  it("decides on the list of pools, and is not told to origins", async () => {
    const regionPools = { OC: [...PRIMARY_FIRST.defaultPools].reverse() };
    await bed.startHealthy({ ...PRIMARY_FIRST, regionPools });
    const from = (region: string) => bed.read("/a", { headers: { [READER_REGION_HEADER]: region } });

    expect((await from("OC")).store).toBe("secondary");
    expect((await from("WEU")).store).toBe("primary");
    expect((await bed.read()).store).toBe("primary");
    for (const { reads } of Object.values(bed.origins))
      expect(reads.at(-1)?.headers).not.toHaveProperty(READER_REGION_HEADER);
  });
});

describe("the Host header of a probe", () => {
  it("is the endpoint's own, else the monitor's, else the address", async () => {
    const plan = withPools(PRIMARY_FIRST, (pool) => ({
      ...pool,
      origin: {
        ...pool.origin,
        hostHeader: pool.origin.name === "primary" ? "endpoint.example.com" : undefined,
      },
      monitor: { ...pool.monitor, headers: { Host: ["monitor.example.com"] } },
    }));
    await bed.startHealthy(plan);
    const hosts = () => Object.values(bed.origins).map(({ probes }) => probes.at(-1)?.headers.host);
    expect(hosts()).toEqual(["endpoint.example.com", "monitor.example.com"]);

    await bed.edge.applyPlan(
      withPools(plan, (pool) => ({ ...pool, monitor: { ...pool.monitor, headers: {} } })),
    );
    await until(() => hosts()[1] === "secondary-origin.example.com");
  });
});

describe("a change by hand", () => {
  it("disables a pool: no traffic, no probes, until it is enabled and looked at anew", async () => {
    await bed.startHealthy();
    await bed.edge.setPool("assets-primary", { enabled: false });
    await bed.readsComeFrom("secondary");
    bed.origins.primary.probes = [];
    await sleep(2 * INTERVAL_MILLISECONDS);
    expect(bed.origins.primary.probes).toEqual([]);
    expect((await bed.edge.pools())[0]).toMatchObject({
      store: "primary",
      enabled: false,
      status: "unhealthy",
    });

    await bed.edge.setPool("assets-primary", { enabled: true });
    await bed.readsComeFrom("primary");
    await expect(bed.edge.setPool("elsewhere", { enabled: true })).rejects.toThrow("the plan has no pool");
  });

  it("turns the order around without touching the marker", async () => {
    await bed.startHealthy();
    await bed.edge.setOrder({
      defaultPools: ["assets-secondary", "assets-primary"],
      fallbackPool: "assets-secondary",
    });
    await bed.readsComeFrom("secondary");
    const [resolver] = bed.edge.resolverUrls;
    const answer = await fetch(`${resolver}?name=_storage-failover.assets.example.com&type=TXT`, {
      headers: { accept: "application/dns-json" },
    });
    expect(await answer.json()).toMatchObject({ Answer: [{ data: '"active=primary"' }] });
    expect(bed.events).toEqual([]);
  });
});
