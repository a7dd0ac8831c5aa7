import { HEALTHY, type OriginBehaviour } from "./origin-behaviour";

/** Who meets a behaviour. */
export interface SeenBy {
  /**
   * - `probes`: the monitors' requests, `reads`: the readers', `everyone`: both.
   *
   * @default - `everyone`; with `regions`, `probes`
   */
  readonly seenBy?: "everyone" | "probes" | "reads";
  /**
   * Region codes, as in `WEU`: of the probing data centres, or of the readers.
   *
   * @default - all, those included that had a behaviour of their own
   */
  readonly regions?: readonly string[];
}

/** One store as its monitors and the edge's readers meet it. Healthy until it becomes something else. */
export class VirtualOrigin {
  private readonly views = { probes: new RegionalView(), reads: new RegionalView() };

  constructor(private readonly onChange: () => void) {}

  /** Behaves so from now on. A request that is under way ends as it began. */
  public become(behaviour: OriginBehaviour, { regions, seenBy }: SeenBy = {}): void {
    const by = seenBy ?? (regions === undefined ? "everyone" : "probes");
    if (by !== "reads") this.views.probes.set(behaviour, regions);
    if (by !== "probes") this.views.reads.set(behaviour, regions);
    this.onChange();
  }

  public forProbes(region: string): OriginBehaviour {
    return this.views.probes.of(region);
  }

  public forReads(region: string | undefined): OriginBehaviour {
    return this.views.reads.of(region);
  }
}

class RegionalView {
  private everywhere = HEALTHY;
  private readonly byRegion = new Map<string, OriginBehaviour>();

  public set(behaviour: OriginBehaviour, regions: readonly string[] | undefined): void {
    for (const region of regions ?? []) this.byRegion.set(region, behaviour);
    if (regions !== undefined) return;
    this.everywhere = behaviour;
    this.byRegion.clear();
  }

  public of(region: string | undefined): OriginBehaviour {
    return (region === undefined ? undefined : this.byRegion.get(region)) ?? this.everywhere;
  }
}
