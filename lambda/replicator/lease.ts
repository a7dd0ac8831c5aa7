import { LEASE_KEY } from "../../contract/state-keys";
import type { ObjectClient } from "../s3/object-client";
import { StoreError } from "../s3/store-error";
import type { Clock } from "./clock";
import { readState, type StateObject, writeState } from "./state-object";

/** Somebody else took the lease over: this run was silent for too long. */
export class LeaseLostError extends Error {
  public override readonly name = "LeaseLostError";
}

interface LeaseState {
  /** Random; names one run. */
  readonly owner: string;
  /** ISO 8601, by the owner's clock. */
  readonly expires: string;
}

export interface LeaseOptions {
  readonly standby: ObjectClient;
  readonly owner: string;
  readonly clock: Clock;
  readonly durationMilliseconds: number;
  /** Resolves when a mutation may start now. */
  readonly confirm: () => Promise<void>;
}

/**
 * Keeps two sweeps from doing the same work at one time. It is no fence: clocks differ and runs stall, so
 * everything that a run does is safe beside another one.
 */
export class Lease {
  private renewAt: number;
  private renewal: Promise<void> | undefined;

  /** One large body may be on its way for longer than a lease lasts, with nothing else to be done meanwhile. */
  private readonly heartbeat: NodeJS.Timeout;

  private constructor(
    private readonly options: LeaseOptions,
    private state: StateObject<LeaseState>,
  ) {
    this.renewAt = options.clock.monotonic() + options.durationMilliseconds / 2;
    // Whoever writes next is told what went wrong here.
    const keep = () => void this.keep().catch(() => undefined);
    this.heartbeat = setInterval(keep, options.durationMilliseconds / 4).unref();
  }

  /**
   * Takes the lease if it is free, or expired for half its duration, which allows for clocks that differ.
   *
   * @returns undefined while another run holds it
   */
  public static async take(options: LeaseOptions): Promise<Lease | undefined> {
    const { standby, owner, clock, durationMilliseconds, confirm } = options;
    const seen = await readState(standby, LEASE_KEY, parseLease);
    const freeFrom =
      seen === undefined || isReleased(seen.value)
        ? Number.NEGATIVE_INFINITY
        : Date.parse(seen.value.expires) + durationMilliseconds / 2;
    if (clock.wall().getTime() < freeFrom && seen?.value.owner !== owner) return undefined;
    await confirm();
    const taken = await writeState(standby, LEASE_KEY, leaseFor(options), seen);
    return taken && new Lease(options, taken);
  }

  /**
   * Renews the lease when half of it has passed; to be called often.
   *
   * @throws LeaseLostError when another run has it
   */
  public async keep(): Promise<void> {
    const { clock } = this.options;
    if (clock.monotonic() < this.renewAt) return;
    this.renewal ??= this.renew().finally(() => {
      this.renewal = undefined;
    });
    await this.renewal;
  }

  /** Lets the next run begin at once. Never rejects: a lease that cannot be released runs out. */
  public async release(): Promise<void> {
    const { standby, owner, confirm } = this.options;
    clearInterval(this.heartbeat);
    await this.renewal?.catch(() => undefined);
    for (let attempt = 1; attempt <= RELEASE_ATTEMPTS; attempt += 1) {
      try {
        await confirm();
        await writeState(standby, LEASE_KEY, { owner, expires: RELEASED }, this.state);
        return;
      } catch (error) {
        // The direction was lost, or the store is gone, or as slow as if it were: a run has no time left for that.
        if (!(error instanceof StoreError) || !error.retryable || error.kind === "timeout") return;
      }
    }
  }

  private async renew(): Promise<void> {
    const { standby, owner, clock, durationMilliseconds, confirm } = this.options;
    for (;;) {
      await confirm();
      const askedAt = clock.monotonic();
      const renewed = await writeState(standby, LEASE_KEY, leaseFor(this.options), this.state);
      if (renewed) {
        this.state = renewed;
        this.renewAt = askedAt + durationMilliseconds / 2;
        return;
      }
      // An answer that was lost on its way looks like somebody else's write.
      const seen = await readState(standby, LEASE_KEY, parseLease);
      if (seen?.value.owner !== owner) {
        throw new LeaseLostError(`another run, ${seen?.value.owner ?? "unknown"}, has taken the lease over`);
      }
      this.state = seen;
    }
  }
}

const RELEASE_ATTEMPTS = 3;

const RELEASED = new Date(0).toISOString();

function isReleased({ expires }: LeaseState): boolean {
  return expires === RELEASED;
}

function leaseFor({ owner, clock, durationMilliseconds }: LeaseOptions): LeaseState {
  return { owner, expires: new Date(clock.wall().getTime() + durationMilliseconds).toISOString() };
}

function parseLease(json: unknown): LeaseState | undefined {
  if (typeof json !== "object" || json === null) return undefined;
  const { owner, expires } = json as Partial<LeaseState>;
  if (typeof owner !== "string" || typeof expires !== "string" || Number.isNaN(Date.parse(expires)))
    return undefined;
  return { owner, expires };
}
