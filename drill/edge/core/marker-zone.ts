import { formatMarker } from "../../../contract/marker";
import type { EdgePlan } from "../edge-plan";

/** DNS response codes (RFC 1035, section 4.1.1). */
const NO_ERROR = 0;
const NO_SUCH_NAME = 3;

/** DNS record type TXT. */
export const TXT = 16;

export interface DnsAnswer {
  readonly status: typeof NO_ERROR | typeof NO_SUCH_NAME;
  /** Names without the dot at the end. */
  readonly records: readonly {
    readonly name: string;
    readonly type: number;
    readonly ttl: number;
    readonly data: string;
  }[];
}

/**
 * One resolver's view of the marker: it asks the zone, and keeps what it was told for as long as the record
 * allows. Time is passed in, in plan seconds.
 */
export class CachedMarkerZone {
  private kept?: { readonly data: string; readonly expires: number };

  constructor(private readonly marker: () => EdgePlan["marker"]) {}

  public answer(name: string, type: number, nowSeconds: number): DnsAnswer {
    const marker = this.marker();
    if (withoutDot(name) !== withoutDot(marker.name)) return { status: NO_SUCH_NAME, records: [] };
    if (type !== TXT) return { status: NO_ERROR, records: [] };
    if (this.kept === undefined || nowSeconds >= this.kept.expires) {
      this.kept = {
        data: `"${formatMarker(marker.content)}"`,
        expires: nowSeconds + marker.ttlSeconds,
      };
    }
    const ttl = Math.ceil(this.kept.expires - nowSeconds);
    return { status: NO_ERROR, records: [{ name: marker.name, type: TXT, ttl, data: this.kept.data }] };
  }
}

function withoutDot(name: string): string {
  return name.replace(/\.$/, "").toLowerCase();
}
