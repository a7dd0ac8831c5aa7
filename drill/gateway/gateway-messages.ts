import type { GatewayMode, GatewayModeKind } from "./gateway-mode";

export interface GatewayAddress {
  readonly port: number;
  readonly targetHost: string;
  readonly targetPort: number;
  /** Clients speak TLS with it; behind it the target is asked in plain HTTP. */
  readonly certificate?: CertificatePair;
}

/** PEM, both. */
export interface CertificatePair {
  readonly key: string;
  readonly certificate: string;
}

/** From the starter to the gateway's process. Each is answered by a `GatewayAnswer` with the same `id`. */
export type GatewayRequest =
  | { readonly type: "listen"; readonly id: number; readonly address: GatewayAddress }
  | { readonly type: "mode"; readonly id: number; readonly mode: GatewayMode }
  | { readonly type: "certificate"; readonly id: number; readonly certificate: CertificatePair }
  | { readonly type: "connections"; readonly id: number };

export interface GatewayAnswer {
  readonly id: number;
  /** Connections accepted in each mode since the process started. */
  readonly connections: Readonly<Partial<Record<GatewayModeKind, number>>>;
  /** Why the request could not be done. */
  readonly error?: string;
}
