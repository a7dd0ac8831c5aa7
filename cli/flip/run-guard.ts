import { formatMarker } from "../../contract/marker";
import type { StoreName } from "../../contract/stores";
import { MarkerUnreadableError } from "../../lambda/marker/marker-reader";
import { recordOf } from "../../operate/flip/edge-checks";
import { judgeEdgeChange } from "../../operate/flip/judge-guard";
import { toggleOf } from "../../operate/flip/toggle-text";
import { isKnown } from "../../operate/known";
import type { Observation } from "../../operate/observation";
import { known, notAsked } from "../../operate/observe/ask";
import { observe } from "../../operate/observe/observe";
import { projectToggle } from "../../operate/observe/project-toggle";
import colors from "../colors";
import type { GuardArguments } from "../commands/guard";
import { EXIT } from "../exit-codes";
import { InterruptedError } from "../interruptible";
import { runCommand } from "../run-command";
import { observationSources } from "../status/observation-sources";
import { planPlace } from "../stores/store-arguments";
import { WrongUseError } from "../wrong-use-error";
import { withMarkerName } from "./facts-environment";
import { Git } from "./git";

/** `storage-failover guard`: sets the exit code, never rejects. */
export function runGuard(given: GuardArguments): Promise<void> {
  return runCommand({
    task: (signal) => guard(given, signal),
    stopping: "stopping …",
    interruption: new InterruptedError("interrupted"),
    verbose: given.verbose,
  });
}

async function guard(given: GuardArguments, signal: AbortSignal): Promise<number> {
  const [becomes, replaces, observation] = await Promise.all([
    given.becomes ?? toggleHere(given, signal),
    given.replaces ?? toggleBefore(given.base),
    markerNow(given, signal),
  ]);
  const live = recordOf(observation);
  if (live === undefined) {
    const { marker, edge } = observation;
    const reasons = [marker, edge].map((one) => ("unknown" in one ? one.unknown : "no marker"));
    throw new MarkerUnreadableError(`nobody can tell what the marker says: ${reasons.join("; ")}`);
  }
  const verdict = judgeEdgeChange({ live, replaces, becomes });
  const outcome = verdict.passes ? "passes" : "refused";
  if (given.json) {
    const { passes: _told, ...more } = verdict;
    const reasons = verdict.passes ? [] : [{ reason: verdict.reason, remedy: verdict.remedy }];
    const facts = {
      command: "guard",
      outcome,
      live: formatMarker(live),
      replaces,
      becomes,
      reasons,
      ...more,
    };
    process.stdout.write(`${JSON.stringify(facts, null, 2)}\n`);
  } else if (verdict.passes) {
    process.stdout.write(` ${colors.green("✔")} ${verdict.why}\n`);
  } else {
    process.stdout.write(
      `apply refused\n\n  ${colors.red("✘")} ${verdict.reason}\n    → ${verdict.remedy}\n`,
    );
  }
  return verdict.passes ? EXIT.done : EXIT.wanting;
}

async function toggleHere({ timeout }: GuardArguments, signal: AbortSignal): Promise<StoreName> {
  const place = { file: "cdktf.json", override: process.env.ACTIVE_PROVIDER };
  const found = await known(() => projectToggle(place), timeout, signal);
  if (isKnown(found)) return found.value;
  throw new WrongUseError(`${found.unknown}; or say it: --becomes primary or secondary`);
}

async function toggleBefore(base: string): Promise<StoreName> {
  const git = new Git(".");
  try {
    return toggleOf(await git.show(base, "cdktf.json"));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new WrongUseError(
      `cdktf.json at ${base} cannot be read (${error.message}); fetch more of the history, name another commit with --base, or say it: --replaces primary or secondary`,
      { cause: error },
    );
  }
}

/** The marker, by Cloudflare's record and by the resolvers; stores are not asked. */
async function markerNow(given: GuardArguments, signal: AbortSignal): Promise<Observation> {
  const { sources } = await observationSources({
    ...planPlace(given),
    environment: await withMarkerName(process.env, given.facts),
    facts: given.facts,
    seconds: given.timeout,
  });
  const nobody = notAsked("not needed for this");
  return observe(
    {
      ...sources,
      origins: { primary: nobody, secondary: nobody },
      notes: { primary: nobody, secondary: nobody },
      lastDrill: nobody,
    },
    signal,
  );
}
