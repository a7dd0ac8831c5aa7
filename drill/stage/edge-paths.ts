import { STORE_NAMES, type StoreName } from "../../contract/stores";
import type { EdgePlan } from "../edge/edge-plan";
import type { OriginPorts } from "../edge/origin-addresses";
import type { OriginTls } from "../edge/origin-connection";
import { createAuthority, EXPIRED } from "../gateway/certificates";
import { type CertificatePair, type StoreGateway, startGateway } from "../gateway/store-gateway";
import type { Cleanup } from "./cleanup";

/** What lies between the edge and the stores' gateways, where a story breaks something there. */
export interface PathsWanted {
  /** The edge speaks TLS with the origins, and verifies their certificates. @default false */
  readonly tls?: boolean;
  /** Probes of these regions come another way than all others. @default - all the same way */
  readonly regions?: readonly string[];
}

export interface EdgePaths {
  readonly ports: OriginPorts;
  readonly tls?: OriginTls;
  /** Changes what an origin shows of itself. Only with TLS. */
  readonly showCertificate?: (store: StoreName, which: "valid" | "expired") => Promise<void>;
  /** The ways of one region's probes to both stores. */
  readonly byRegion: Readonly<Record<string, readonly StoreGateway[]>>;
}

export async function layPaths(
  plan: EdgePlan,
  gateways: Readonly<Record<StoreName, StoreGateway>>,
  { tls = false, regions = [] }: PathsWanted,
  cleanup: Cleanup,
): Promise<EdgePaths> {
  const certified = tls ? await certifiedGateways(plan, gateways, cleanup) : undefined;
  const front = certified?.gateways ?? gateways;
  const byRegion: Record<string, readonly StoreGateway[]> = {};
  const regionPorts: Record<StoreName, Record<string, number>> = { primary: {}, secondary: {} };
  for (const region of regions) {
    byRegion[region] = await Promise.all(
      STORE_NAMES.map(async (store) => {
        const gateway = await startedGateway(front[store].port, undefined, cleanup);
        regionPorts[store][region] = gateway.port;
        return gateway;
      }),
    );
  }
  const ports = Object.fromEntries(
    plan.defaultPools.map(({ origin }) => [
      origin.address,
      { default: front[origin.name].port, regions: regionPorts[origin.name] },
    ]),
  );
  return { ports, tls: certified?.tls, showCertificate: certified?.showCertificate, byRegion };
}

async function certifiedGateways(
  plan: EdgePlan,
  gateways: Readonly<Record<StoreName, StoreGateway>>,
  cleanup: Cleanup,
) {
  const authority = createAuthority();
  const hostNames = (store: StoreName) =>
    plan.defaultPools.flatMap(({ origin }) =>
      origin.name === store ? [origin.address, origin.hostHeader ?? origin.address] : [],
    );
  const start = (store: StoreName) =>
    startedGateway(gateways[store].port, authority.issue({ hostNames: hostNames(store) }), cleanup);
  const certified = { primary: await start("primary"), secondary: await start("secondary") };
  return {
    gateways: certified,
    tls: { ca: authority.certificate },
    showCertificate: (store: StoreName, which: "valid" | "expired") => {
      const days = which === "expired" ? EXPIRED : undefined;
      return certified[store].showCertificate(authority.issue({ hostNames: hostNames(store), days }));
    },
  };
}

async function startedGateway(
  targetPort: number,
  certificate: CertificatePair | undefined,
  cleanup: Cleanup,
): Promise<StoreGateway> {
  const gateway = await startGateway({ targetPort, certificate });
  cleanup.add(() => gateway.stop());
  return gateway;
}
