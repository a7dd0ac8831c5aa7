import type { StoreName } from "../../../../contract/stores";
import type { RunReport } from "../../../../lambda/replicator/report";
import type { ReplicatedPair } from "../../../support/replicated-pair";
import { World } from "./world";

/** Two stores that a test drives by hand, while the ledger checks every change of replication as in random histories. */
export class WatchedPair extends World {
  private underWay = 0;

  /** Two equal stores after a clean pass from the primary, holding `a` and `b`. */
  public static override async replicated(): Promise<WatchedPair> {
    const pair = new WatchedPair();
    pair.write("primary", "a", "a1");
    pair.write("primary", "b", "b1");
    const { outcome } = await pair.run();
    if (outcome !== "clean") throw new Error(`the first run was ${outcome}`);
    return pair;
  }

  public override write(...args: Parameters<ReplicatedPair["write"]>) {
    return this.ledger.asClient(() => super.write(...args));
  }

  public override writeParts(...args: Parameters<ReplicatedPair["writeParts"]>) {
    return this.ledger.asClient(() => super.writeParts(...args));
  }

  public override writeEncrypted(...args: Parameters<ReplicatedPair["writeEncrypted"]>) {
    this.ledger.asClient(() => super.writeEncrypted(...args));
  }

  public override delete(...args: Parameters<ReplicatedPair["delete"]>) {
    this.ledger.asClient(() => super.delete(...args));
  }

  public override restore(...args: Parameters<ReplicatedPair["restore"]>) {
    const [store, key, versionId] = args;
    const original = this.buckets[store].get(key, versionId);
    const made = this.ledger.asClient(() => super.restore(...args));
    this.ledger.isCopyOf(made, original);
    return made;
  }

  public override flip(active: StoreName): void {
    if (active === this.active) super.flip(active);
    else this.flipOver();
  }

  public override run(...args: Parameters<ReplicatedPair["run"]>) {
    return this.watched(() => super.run(...args));
  }

  public override runKeys(...args: Parameters<ReplicatedPair["runKeys"]>) {
    return this.watched(() => super.runKeys(...args));
  }

  /**
   * The calm after a history: long after every lease ran out, two runs, of which the first may only end what was
   * interrupted.
   *
   * @returns what the last one reported, whatever invariant was broken until then, and what that run changed
   */
  public async calm(): Promise<{
    report: RunReport;
    violations: readonly string[];
    changes: readonly string[];
  }> {
    this.intercept = () => undefined;
    this.interceptAfter = () => undefined;
    this.clock.advance(1_800_000);
    await this.run();
    const report = await this.run();
    this.checkCalm(report);
    return { report, violations: this.ledger.violations, changes: this.changes };
  }

  /** Runs may begin while another one is under way. */
  private async watched<T>(begin: () => Promise<T>): Promise<T> {
    if (this.underWay === 0) this.runsBeganAt = this.clock.monotonic();
    this.underWay += 1;
    try {
      return await begin();
    } finally {
      this.underWay -= 1;
      if (this.underWay === 0) this.ledger.checkMarkers(false);
    }
  }
}
