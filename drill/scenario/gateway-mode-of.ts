import type { GatewayMode } from "../gateway/store-gateway";
import type { Stage } from "../stage/stage";
import type { StepOf } from "./step-schema";

/** How a gateway has to behave for a fault; what is no fault of a gateway passes. */
export function gatewayMode(
  { kind, seconds = 0, minutes = 0, perSecond = 1, atOnce, share = 1 }: Omit<StepOf<"fault">, "target">,
  { timing, seed }: Pick<Stage, "timing" | "seed">,
): GatewayMode {
  const status = /^answers-(\d{3})$/.exec(kind)?.[1];
  if (status !== undefined) return { kind: "answers", status: Number(status) };
  if (kind === "slow") return { kind, seconds: timing.milliseconds(seconds) / 1000 };
  if (kind === "throttled") {
    return atOnce === undefined
      ? { kind, requestsPerSecond: perSecond }
      : { kind: "crowded", requestsAtOnce: atOnce };
  }
  if (kind === "clock-skewed") return { kind, minutes };
  if (kind === "cut") return { kind, share, seed };
  if (kind === "hangs" || kind === "wrong-health-body" || kind === "data-path-broken") return { kind };
  return { kind: "pass" };
}
