import type { Marker } from "../../../../../contract/marker";
import type { StoreName } from "../../../../../contract/stores";
import {
  type GateLimits,
  type GateState,
  needsReading,
  observe,
  UNDECIDED,
  writableStore,
} from "../../../../../drill/workload/writer-gate";

/** One writer that keeps the rules: it asks before it writes, and waits out the fence before it moves. */
export class LawfulWriter {
  private state: GateState = UNDECIDED;

  constructor(
    private readonly readMarker: () => Marker | undefined,
    private readonly limits: GateLimits,
  ) {}

  /** Where it may write now; undefined when it must hold back. */
  public store(now: number): StoreName | undefined {
    if (needsReading(this.state, now, this.limits)) {
      this.state = observe(this.state, { readAt: now, marker: this.readMarker() }, this.limits);
    }
    return writableStore(this.state, now, this.limits);
  }
}
