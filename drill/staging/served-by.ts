import type { StoreName } from "../../contract/stores";
import type { DrillEvent } from "../evidence/events";

/** So many answers in a row come from one store before readers count as being served by it. */
const ANSWERS = 3;

/** Who serves readers, by the latest answers that name a store. */
export class ServedBy {
  private readonly latest: { readonly at: number; readonly store: StoreName }[] = [];
  public reads = 0;
  public failedReads = 0;

  public see(event: DrillEvent): void {
    if (event.type !== "read") return;
    this.reads += 1;
    if (event.outcome === "failed") this.failedReads += 1;
    if (event.store === undefined || event.outcome === "failed") return;
    this.latest.push({ at: event.at, store: event.store });
    if (this.latest.length > ANSWERS) this.latest.shift();
  }

  /** @param since - reads that were sent before do not count */
  public isBy(store: StoreName, since: number): boolean {
    return (
      this.latest.length === ANSWERS && this.latest.every((read) => read.store === store && read.at >= since)
    );
  }
}
