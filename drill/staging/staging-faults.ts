import { setTimeout as delay } from "node:timers/promises";
import type { StoreName } from "../../contract/stores";
import { errorReason } from "../machine/caught-error";
import { HealthObject } from "./health-object";
import { NotMendedError } from "./not-mended-error";
import type { StagedDeployment } from "./staged-deployment";
import type { PlannedFault } from "./staging-config";
import type { BrokenPart, KeptObject, StagingJournal, StagingJournalFile } from "./staging-journal";

/** What mending came to. */
export interface Mended {
  readonly part: BrokenPart;
  /** Somebody else has put another health object there meanwhile, which was left alone. */
  readonly changedByOthers: boolean;
}

const ATTEMPTS = 6;
const FIRST_PAUSE_MILLISECONDS = 500;
const REQUEST_MILLISECONDS = 120_000;

/** Breaks one thing at a time, and never without a note on the disk that tells how to mend it. */
export class StagingFaults {
  private journal: StagingJournal;

  constructor(
    private readonly deployment: StagedDeployment,
    private readonly file: StagingJournalFile,
    journal: StagingJournal,
  ) {
    this.journal = journal;
  }

  public get broken(): BrokenPart | undefined {
    return this.journal.broken;
  }

  /** Shows, by writing what is there already, that whatever `fault` breaks can be mended. Changes nothing. */
  public async prove({ store, kind }: PlannedFault, signal: AbortSignal): Promise<KeptObject | undefined> {
    if (kind !== "pool-disabled") return this.withHealthObject(store, (object) => object.keep());
    await this.deployment.pools.setEnabled(store, true, signal);
    return undefined;
  }

  /**
   * Goes on to its end even when the drill is aborted meanwhile: a request that was given up could still take effect, after
   * the mending.
   *
   * @param original - as `prove` gave it
   */
  public async break(fault: PlannedFault, original: KeptObject | undefined): Promise<void> {
    const { store, kind } = fault;
    await this.note({ store, kind, since: new Date().toISOString(), original });
    if (kind === "pool-disabled") return this.deployment.pools.setEnabled(store, false, patience());
    if (original === undefined) throw new Error("nobody took note of the health object");
    await this.withHealthObject(store, (object) =>
      kind === "wrong-health-body" ? object.replace(original) : object.remove(original),
    );
  }

  /**
   * Mends what is broken, trying again for some seconds; does nothing when nothing is.
   *
   * @param onAttempt - called before each attempt: the last one has its effect some time after
   * @throws NotMendedError
   */
  public async mend(onAttempt: () => void = () => undefined): Promise<Mended | undefined> {
    const part = this.journal.broken;
    if (part === undefined) return undefined;
    for (let attempt = 1; ; attempt++) {
      onAttempt();
      try {
        const changedByOthers = await this.mendOnce(part);
        await this.note(undefined);
        return { part, changedByOthers };
      } catch (error) {
        if (attempt === ATTEMPTS) {
          throw new NotMendedError(
            `${partText(part)}, and that could not be undone: ${errorReason(error)}; try again: storage-failover drill --target staging --mend`,
            { cause: error },
          );
        }
        await delay(FIRST_PAUSE_MILLISECONDS * 2 ** (attempt - 1));
      }
    }
  }

  private async mendOnce({ store, kind, original }: BrokenPart): Promise<boolean> {
    if (kind === "pool-disabled") {
      await this.deployment.pools.setEnabled(store, true, patience());
      return false;
    }
    if (original === undefined) throw new Error("the journal does not hold the health object");
    return (await this.withHealthObject(store, (object) => object.putBack(original))) === "changed-by-others";
  }

  private async note(broken: BrokenPart | undefined): Promise<void> {
    this.journal = { ...this.journal, broken };
    await this.file.save(this.journal);
  }

  private async withHealthObject<T>(store: StoreName, use: (object: HealthObject) => Promise<T>): Promise<T> {
    const client = await this.deployment.openStore(store);
    try {
      return await use(new HealthObject(store, client));
    } finally {
      client.close();
    }
  }
}

function patience(): AbortSignal {
  return AbortSignal.timeout(REQUEST_MILLISECONDS);
}

/** As in `the pool of primary is switched off`. */
export function partText({ store, kind }: Pick<BrokenPart, "store" | "kind">): string {
  if (kind === "pool-disabled") return `the pool of ${store} is switched off`;
  return kind === "wrong-health-body"
    ? `the health object of ${store} is replaced`
    : `the health object of ${store} is removed`;
}
