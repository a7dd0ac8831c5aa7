import { type StoreGateway, startGateway } from "../gateway/store-gateway";
import type { Cleanup } from "./cleanup";

/** Gateways in front of services that a story may take away. */
export interface ServiceGateways {
  readonly secrets?: StoreGateway;
  /** Of both resolvers of the marker. */
  readonly resolvers?: readonly StoreGateway[];
}

interface ServiceAddresses {
  readonly resolverUrls: readonly string[];
  readonly secretsEndpoint: string;
}

/** Starts gateways for the services named; the others keep their own addresses. */
export async function putGatewaysBefore(
  wanted: readonly (keyof ServiceGateways)[],
  { resolverUrls, secretsEndpoint }: ServiceAddresses,
  cleanup: Cleanup,
): Promise<ServiceAddresses & { readonly services: ServiceGateways }> {
  const secrets = wanted.includes("secrets") ? await gatewayBefore(secretsEndpoint, cleanup) : undefined;
  const resolvers = wanted.includes("resolvers")
    ? await Promise.all(resolverUrls.map((url) => gatewayBefore(url, cleanup)))
    : undefined;
  return {
    services: { secrets: secrets?.gateway, resolvers: resolvers?.map(({ gateway }) => gateway) },
    secretsEndpoint: secrets?.url ?? secretsEndpoint,
    resolverUrls: resolvers?.map(({ url }) => url) ?? resolverUrls,
  };
}

/** A gateway in front of a service on this machine, and the service's address through it. */
export async function gatewayBefore(
  address: string,
  cleanup: Cleanup,
): Promise<{ readonly gateway: StoreGateway; readonly url: string }> {
  const url = new URL(address);
  const gateway = await startGateway({ targetHost: url.hostname, targetPort: Number(url.port) });
  cleanup.add(() => gateway.stop());
  url.port = String(gateway.port);
  return { gateway, url: url.href.replace(/\/$/, address.endsWith("/") ? "/" : "") };
}
