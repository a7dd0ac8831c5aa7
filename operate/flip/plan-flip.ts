import { formatMarker, type Marker } from "../../contract/marker";
import { otherStore, type StoreName } from "../../contract/stores";
import type { FlipStepId } from "./journal";

/** One step of a flip; each may be done twice and changes nothing the second time. */
export type FlipStep =
  | { readonly id: "pause" | "marker" | "resume"; readonly marker: Marker }
  | { readonly id: "fence-before" | "fence-after"; readonly seconds: number }
  | { readonly id: "pass" }
  | { readonly id: "order"; readonly active: StoreName }
  | { readonly id: "verify" };

export interface FlipPlan {
  readonly to: StoreName;
  readonly planned: boolean;
  readonly fenceSeconds: number;
}

/** The steps in the only safe order: the marker before the order of the pools, and writers pause around both. */
export function planFlip({ to, planned, fenceSeconds }: FlipPlan): readonly FlipStep[] {
  const from = otherStore(to);
  const move: readonly FlipStep[] = [
    { id: "marker", marker: { active: to, writesPaused: planned } },
    { id: "order", active: to },
  ];
  if (!planned) return [...move, { id: "verify" }];
  return [
    { id: "pause", marker: { active: from, writesPaused: true } },
    { id: "fence-before", seconds: fenceSeconds },
    { id: "pass" },
    ...move,
    { id: "fence-after", seconds: fenceSeconds },
    { id: "resume", marker: { active: to, writesPaused: false } },
    { id: "verify" },
  ];
}

/**
 * What the marker may say before this step of the flip: what the step before left, or, where the flip ended in the
 * middle of this one, what this one writes. Anything else was written by somebody else.
 *
 * @param markerBefore - what it said when the flip was judged
 */
export function markersBefore(
  steps: readonly FlipStep[],
  id: FlipStepId,
  markerBefore: string | undefined,
): readonly string[] {
  const index = steps.findIndex((step) => step.id === id);
  const last = steps.slice(0, index).findLast((step) => "marker" in step);
  const before = last === undefined ? markerBefore : formatMarker(last.marker);
  const own = steps[index];
  return [
    ...(before === undefined ? [] : [before]),
    ...(own !== undefined && "marker" in own ? [formatMarker(own.marker)] : []),
  ];
}

/** In a few words, as it is shown. */
export function stepText(step: FlipStep): string {
  switch (step.id) {
    case "pause":
      return `pause writers: marker says ${formatMarker(step.marker)}`;
    case "fence-before":
      return `wait the fence, ${step.seconds} s: then no writer writes any more`;
    case "pass":
      return "wait for a clean pass of replication that began after that";
    case "marker":
      return `marker says ${formatMarker(step.marker)}`;
    case "order":
      return `load balancer: the pool of ${step.active} first, and as fallback`;
    case "fence-after":
      return `wait the fence, ${step.seconds} s: then nobody acts on the old marker any more`;
    case "resume":
      return `writers go on: marker says ${formatMarker(step.marker)}`;
    case "verify":
      return "read everything back";
  }
}
