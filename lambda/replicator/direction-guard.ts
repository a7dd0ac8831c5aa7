import type { Marker } from "../../contract/marker";
import type { StoreName } from "../../contract/stores";
import { type MarkerReader, MarkerUnreadableError } from "../marker/marker-reader";
import type { Clock } from "./clock";

/** The direction is no longer known to be right: nothing may be changed any more. */
export class DirectionLostError extends Error {
  public override readonly name = "DirectionLostError";
}

/**
 * Stands before every mutation. A reading of the marker counts for `holdMilliseconds` of monotonic time from
 * the moment it was asked for; on an older one no mutation may start, so the marker is read again.
 */
export class DirectionGuard {
  private askedAt: number;
  private lost: DirectionLostError | undefined;
  private reading: Promise<void> | undefined;
  private watched: () => Promise<void> = () => Promise.resolve();

  private constructor(
    public readonly active: StoreName,
    askedAt: number,
    private readonly reader: MarkerReader,
    private readonly clock: Clock,
    private readonly holdMilliseconds: number,
  ) {
    this.askedAt = askedAt;
  }

  /** @throws DirectionLostError when the marker cannot be read */
  public static async begin(
    reader: MarkerReader,
    clock: Clock,
    holdMilliseconds: number,
  ): Promise<DirectionGuard> {
    const askedAt = clock.monotonic();
    const { active } = await readOrLose(reader);
    return new DirectionGuard(active, askedAt, reader, clock, holdMilliseconds);
  }

  /** Has something else looked at before each later reading; `check` rejects when the direction is lost. */
  public watch(check: () => Promise<void>): void {
    this.watched = check;
  }

  /**
   * Resolves when a mutation may start now.
   *
   * @throws DirectionLostError when the marker changed or cannot be read; from then on always
   */
  public async confirm(): Promise<void> {
    while (this.lost === undefined && this.clock.monotonic() - this.askedAt >= this.holdMilliseconds) {
      this.reading ??= this.readAgain().finally(() => {
        this.reading = undefined;
      });
      await this.reading;
    }
    if (this.lost) throw this.lost;
  }

  private async readAgain(): Promise<void> {
    try {
      await this.watched();
      const askedAt = this.clock.monotonic();
      const marker = await readOrLose(this.reader);
      if (marker.active !== this.active) {
        throw new DirectionLostError(
          `the marker changed from ${this.active} to ${marker.active} during the run`,
        );
      }
      this.askedAt = askedAt;
    } catch (error) {
      this.lost =
        error instanceof DirectionLostError ? error : new DirectionLostError(String(error), { cause: error });
    }
  }
}

async function readOrLose(reader: MarkerReader): Promise<Marker> {
  try {
    return await reader.read();
  } catch (error) {
    if (!(error instanceof MarkerUnreadableError)) throw error;
    throw new DirectionLostError(error.message, { cause: error });
  }
}
