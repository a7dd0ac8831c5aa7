import { STORE_NAMES } from "../../contract/stores";
import type { ExplainArguments } from "../commands/explain";
import { readAllContracts } from "../dependencies/read-all-contracts";
import { EXIT } from "../exit-codes";
import { InterruptedError } from "../interruptible";
import { LiveLine } from "../progress/live-line";
import { runCommand } from "../run-command";
import { plannedDeployment } from "../runbook/runbook-source";
import { plannedEdge } from "../stores/planned-edge";
import { plannedMember, plannedStack } from "../stores/planned-stack";
import { planPlace } from "../stores/store-arguments";
import { WrongUseError } from "../wrong-use-error";
import { explanationText } from "./explain-text";
import { explain } from "./explanation";
import { flipPathsByRule } from "./flip-paths";
import { synthesizedFlipPaths } from "./synthesized-flip";

/** `storage-failover explain`: sets the exit code, never rejects. */
export async function runExplain(given: ExplainArguments): Promise<void> {
  await runCommand({
    task: (signal) => tell(given, signal),
    stopping: "stopping …",
    interruption: new InterruptedError("interrupted"),
    verbose: given.verbose,
  });
}

async function tell(given: ExplainArguments, signal: AbortSignal): Promise<number> {
  const place = planPlace(given);
  const [deployment, edge, primary, contracts] = await Promise.all([
    plannedDeployment(place),
    plannedEdge(place),
    plannedStack(place, "primary"),
    readAllContracts(given.dependencies),
  ]);
  if (edge === undefined) throw new WrongUseError("nothing is planned here; run: npx cdktf synth");
  const isSynthesized = given.synthesize === true;
  const explanation = explain({
    deployment,
    active: edge.plan.marker.content.active,
    changedPaths: isSynthesized
      ? await synthesized(deployment.stackPrefix, signal)
      : flipPathsByRule(edge.stack),
    isSynthesized,
    contracts,
    primary: plannedMember(primary),
  });
  const facts = { command: "explain", outcome: "explained", ...explanation };
  process.stdout.write(`${given.json ? JSON.stringify(facts, null, 2) : explanationText(explanation)}\n`);
  return EXIT.done;
}

async function synthesized(stackPrefix: string, signal: AbortSignal): Promise<readonly string[]> {
  const line = new LiveLine(process.stderr, () => `synthesizing the app for ${STORE_NAMES.join(" and ")}`);
  try {
    return await synthesizedFlipPaths({
      stackPrefix: stackPrefix === "" ? undefined : stackPrefix,
      environment: process.env,
      signal,
    });
  } finally {
    line.stop();
  }
}
