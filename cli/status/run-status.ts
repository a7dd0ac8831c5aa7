import { setTimeout as delay } from "node:timers/promises";
import { assess, type Verdict } from "../../operate/observe/assess";
import { observe } from "../../operate/observe/observe";
import type { StatusArguments } from "../commands/status";
import { withoutEnvironmentSecrets } from "../environment-secrets";
import { EXIT } from "../exit-codes";
import { InterruptedError } from "../interruptible";
import { leaveNow } from "../leave-now";
import { isDisplay, LiveLine } from "../progress/live-line";
import { runCommand } from "../run-command";
import { planPlace } from "../stores/store-arguments";
import { observationSources } from "./observation-sources";
import { type StatusFacts, statusJson, statusText } from "./status-text";

const EXIT_OF: Readonly<Record<Verdict, number>> = {
  well: EXIT.done,
  wanting: EXIT.wanting,
  unreachable: EXIT.unreachable,
};

/** `storage-failover status`: sets the exit code, never rejects. */
export async function runStatus(given: StatusArguments): Promise<void> {
  await runCommand({
    task: (signal) => (given.watch === undefined ? once(given, signal) : watch(given, given.watch, signal)),
    stopping: "stopping …",
    interruption: new InterruptedError("interrupted"),
    verbose: given.verbose,
  });
  await leaveNow();
}

async function once(given: StatusArguments, signal: AbortSignal): Promise<number> {
  const line = new LiveLine(process.stderr, () => "asking Cloudflare, resolvers and stores");
  const facts = await look(given, signal).finally(() => line.stop());
  print(given.json ? JSON.stringify(statusJson(facts), null, 2) : statusText(facts));
  return EXIT_OF[facts.assessment.verdict];
}

/** Until Ctrl-C; ends with what the last look came to. */
async function watch(given: StatusArguments, seconds: number, signal: AbortSignal): Promise<number> {
  const redraws = !given.json && isDisplay(process.stdout);
  let exit: number = EXIT.done;
  try {
    for (;;) {
      const facts = await look(given, signal);
      exit = EXIT_OF[facts.assessment.verdict];
      const text = given.json ? JSON.stringify(statusJson(facts)) : statusText(facts);
      // Home, and from there on clear: less flicker than clearing first.
      print(redraws ? `\u001b[H\u001b[J${text}\n\n every ${seconds} s; Ctrl-C ends` : text);
      await delay(seconds * 1000, undefined, { signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    return exit;
  }
}

/** The plan is read anew each time: a deployment in between is seen. */
async function look(given: StatusArguments, signal: AbortSignal): Promise<StatusFacts> {
  const { facts, report, maxLag } = given;
  const found = await observationSources({
    ...planPlace(given),
    environment: process.env,
    facts,
    report,
    seconds: given.timeout,
  });
  const lagObjectiveSeconds = maxLag ?? found.lagObjectiveSeconds;
  const observation = await observe(found.sources, signal);
  const assessment = assess(observation, lagObjectiveSeconds);
  return { hostname: found.hostname, observation, assessment, lagObjectiveSeconds };
}

function print(text: string): void {
  process.stdout.write(`${withoutEnvironmentSecrets(text, process.env)}\n`);
}
