import type { SynthesizedApp } from "./synthesized-apps";

/** What OPA is given, and what people call it. */
export interface JudgedPlan {
  readonly name: string;
  readonly input: unknown;
}

export function plansOf(apps: readonly SynthesizedApp[]): readonly JudgedPlan[] {
  return apps.flatMap(({ entry, activeProvider, stacks }) =>
    Object.entries(stacks).map(([stack, input]) => ({
      name: `${entry}, ${activeProvider} active: ${stack}`,
      input,
    })),
  );
}

/** Each stack of each app before and after its toggle was changed. */
export function flipPairs(apps: readonly SynthesizedApp[]): readonly JudgedPlan[] {
  return apps
    .filter(({ activeProvider }) => activeProvider === "primary")
    .flatMap(({ entry, stacks }) => {
      const flipped = apps.find((app) => app.entry === entry && app.activeProvider === "secondary");
      return Object.entries(stacks).map(([stack, before]) => ({
        name: `${entry}, flipped: ${stack}`,
        input: { before, after: flipped?.stacks[stack] },
      }));
    });
}
