import { amount, byteSize, duration, grouped } from "../../drill/report/wording";
import type { Pace, Work } from "./pace";

/** `1,200 of about 4,000 keys · 30 copied · 400 keys/s, 12 MB/s · about 7 s left`. */
export function progressText(
  done: Work,
  total: Work | undefined,
  pace: Pick<Pace, "rate" | "secondsLeft">,
  facts: readonly string[],
): string {
  const rate = pace.rate();
  const left = total && pace.secondsLeft(total);
  return [
    total === undefined
      ? amount(done.keys, "key")
      : `${grouped(done.keys)} of about ${amount(Math.max(total.keys, done.keys), "key")}`,
    ...facts,
    rate && `${grouped(Math.round(rate.keysPerSecond))} keys/s, ${byteSize(rate.bytesPerSecond)}/s`,
    left !== undefined && `about ${duration(left)} left`,
  ]
    .filter(Boolean)
    .join(" · ");
}
