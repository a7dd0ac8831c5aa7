/** What the gateway does with connections. */
export type GatewayMode = "pass" | "answers-503";

export interface GatewayAddress {
  readonly port: number;
  readonly targetHost: string;
  readonly targetPort: number;
}

/** From the starter to the gateway's process. Each is answered by a `GatewayAnswer` with the same `id`. */
export type GatewayRequest =
  | { readonly type: "listen"; readonly id: number; readonly address: GatewayAddress }
  | { readonly type: "mode"; readonly id: number; readonly mode: GatewayMode }
  | { readonly type: "connections"; readonly id: number };

export interface GatewayAnswer {
  readonly id: number;
  /** Connections accepted in each mode since the process started. */
  readonly connections: Readonly<Record<GatewayMode, number>>;
  /** Why the request could not be done. */
  readonly error?: string;
}
