import type { Mutation, Proof } from "./mutation";

const aborted = (named: string): Proof => ({ test: "test/drill/staging-abort.test.ts", named });
const command = (named: string): Proof => ({ test: "test/cli/staging.test.ts", named });

const ABORT = "drill/staging/abort.ts";

/** What ends a drill of a deployment that is in use. */
const CONDITIONS: readonly Mutation[] = [
  {
    name: "staging-reads-may-fail",
    without: "a drill ends when too many reads fail",
    file: ABORT,
    text: "failed / recent.length >= share",
    by: "failed < 0",
    proofs: [aborted("ends when too many reads fail")],
  },
  {
    name: "staging-other-store-may-fail",
    without: "a drill ends when the store that readers need is unhealthy",
    file: ABORT,
    text: 'broken !== undefined && health === "unhealthy"',
    by: "broken !== undefined && health === undefined",
    proofs: [aborted("ends when the other store is unhealthy")],
  },
  {
    name: "staging-blind",
    without: "a drill ends when nobody knows how the other store is",
    file: ABORT,
    text: "nowSeconds - knownSeconds > blindSeconds",
    by: "nowSeconds < 0",
    proofs: [aborted("ends when nobody knows how the other store is")],
  },
  {
    name: "staging-lag",
    without: "a drill ends when the standby falls behind",
    file: ABORT,
    text: "view.lagSeconds > lagSeconds",
    by: "view.lagSeconds < 0",
    proofs: [aborted("ends when the standby falls behind")],
  },
  {
    name: "staging-blackout-opens",
    without: "a drill ends when a window opens in which nobody may drill",
    file: ABORT,
    text: "if (blackout !== undefined) return",
    by: 'if (blackout === "") return',
    proofs: [aborted("ends when a window opens in which nobody may drill")],
  },
];

const COMMAND: readonly Mutation[] = [
  {
    name: "staging-any-hostname",
    without: "only a host name that is allowed is drilled",
    file: "cli/drill/staging-guards.ts",
    text: "if (config.allowedHostnames.includes(hostname)) return [];",
    by: "if (config.allowedHostnames.length > 0) return [];",
    proofs: [command("breaks nothing where anything stands against it")],
  },
  {
    name: "staging-not-mended",
    without: "a drill that is ended mends what it has broken",
    file: "drill/staging/run-staging.ts",
    text: "const part = stage.faults.broken;\n  if (part === undefined) return;",
    by: "const part = stage.faults.broken;\n  if (part !== null) return;",
    proofs: [command("mends on Ctrl-C")],
  },
];

export const STAGING_MUTATIONS: readonly Mutation[] = [...CONDITIONS, ...COMMAND];
