import {
  fenceSeconds,
  MARKER_HOLD_SECONDS,
  MARKER_TTL_SECONDS,
  REQUEST_TIMEOUT_SECONDS,
} from "../../contract/marker";

/** Least milliseconds of a request's time-out, whatever the speed: a busy machine must not fail what works. */
const SHORTEST_TIMEOUT_MILLISECONDS = 1_000;

/** Seconds of the real deployment, as milliseconds of this run. */
export class Timing {
  /** How long one reading of the marker may be acted on. */
  public readonly holdMilliseconds: number;
  public readonly requestTimeoutMilliseconds: number;
  /** The fence F as this run has to wait for it; longer than the scaled one where a time-out is at its floor. */
  public readonly fenceMilliseconds: number;
  /** The fence F of the real deployment. */
  public readonly fenceSeconds = fenceSeconds();

  /** @param speed - seconds of the real deployment that pass in one second of this run */
  constructor(public readonly speed: number) {
    this.holdMilliseconds = this.milliseconds(MARKER_HOLD_SECONDS);
    this.requestTimeoutMilliseconds = Math.max(
      SHORTEST_TIMEOUT_MILLISECONDS,
      this.milliseconds(REQUEST_TIMEOUT_SECONDS),
    );
    this.fenceMilliseconds =
      1000 *
      fenceSeconds({
        ttlSeconds: MARKER_TTL_SECONDS / speed,
        holdSeconds: this.holdMilliseconds / 1000,
        requestTimeoutSeconds: this.requestTimeoutMilliseconds / 1000,
      });
  }

  public milliseconds(seconds: number): number {
    return (seconds * 1000) / this.speed;
  }

  public seconds(milliseconds: number): number {
    return (milliseconds * this.speed) / 1000;
  }
}
