import { type EdgePlan, type EdgePool, poolsOf } from "./edge-plan";

/** Port on 127.0.0.1 that stands for an address; another one for the data centres of a region, so that a fault on their path is theirs alone. */
export type OriginPort =
  | number
  | { readonly default: number; readonly regions?: Readonly<Record<string, number>> };

/** By origin address. */
export type OriginPorts = Readonly<Record<string, OriginPort>>;

/** Stands for the DNS of the origins. */
export class OriginAddresses {
  private readonly removed = new Set<string>();

  constructor(private readonly ports: OriginPorts) {}

  /** @throws RangeError for a plan with an address that was never given a port */
  public check(plan: EdgePlan): void {
    for (const pool of poolsOf(plan)) {
      if (this.ports[pool.origin.address] === undefined)
        throw new RangeError(`no port is given for ${pool.origin.address}, the origin of pool ${pool.name}`);
    }
  }

  /**
   * The port of a pool's origin; undefined while its address has no record.
   *
   * @param probingRegion of the data centre that asks; absent for readers
   */
  public portOf({ origin: { address } }: EdgePool, probingRegion?: string): number | undefined {
    const port = this.ports[address];
    if (port === undefined || this.removed.has(address)) return undefined;
    if (typeof port === "number") return port;
    return (probingRegion === undefined ? undefined : port.regions?.[probingRegion]) ?? port.default;
  }

  /** @throws RangeError for an address that was never given a port */
  public remove(address: string): void {
    this.refuseUnknown(address);
    this.removed.add(address);
  }

  /** @throws RangeError for an address that was never given a port */
  public restore(address: string): void {
    this.refuseUnknown(address);
    this.removed.delete(address);
  }

  private refuseUnknown(address: string): void {
    if (this.ports[address] === undefined) throw new RangeError(`no port is given for ${address}`);
  }
}
