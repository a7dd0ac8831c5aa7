import { MARKER_TTL_SECONDS } from "../../contract/marker";
import type { StoreName } from "../../contract/stores";
import { keysInWords } from "../../operate/flip/exposure";
import { isAboutLoss } from "../../operate/flip/judge-flip";
import { planFlip } from "../../operate/flip/plan-flip";
import { isKnown } from "../../operate/known";
import colors from "../colors";
import type { FlipArguments } from "../commands/flip";
import { withoutEnvironmentSecrets } from "../environment-secrets";
import { EXIT } from "../exit-codes";
import { InterruptedError } from "../interruptible";
import { leaveNow } from "../leave-now";
import { LiveLine } from "../progress/live-line";
import { runCommand } from "../run-command";
import { WrongUseError } from "../wrong-use-error";
import { confirmStore } from "./confirm-store";
import { type FlipReport, flipJson } from "./flip-outcome";
import { type FlipSituation, fenceOf, lookAround } from "./flip-situation";
import { exposureText, judgementText, stepsText } from "./flip-text";
import { noteOnStore, noteText } from "./note-on-store";
import { flipViaApi, letWritersGoOn } from "./via-api";
import { makeFlipBranch, pullRequestBody } from "./via-config";

/** A flip as it was asked for, and where it tells of itself. */
interface Walk {
  readonly given: FlipArguments;
  readonly situation: FlipSituation;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** `storage-failover flip`: sets the exit code, never rejects. */
export async function runFlip(given: FlipArguments): Promise<void> {
  await runCommand({
    task: (signal) => flip(given, signal),
    stopping: "stopping; if writers are paused and nothing has moved, they go on …",
    interruption: new InterruptedError("interrupted"),
    verbose: given.verbose,
  });
  await leaveNow();
}

async function flip(given: FlipArguments, signal: AbortSignal): Promise<number> {
  refuseWrongUse(given);
  const stream = given.json ? process.stderr : process.stdout;
  const say = (line: string) => void stream.write(`${withoutEnvironmentSecrets(line, process.env)}\n`);
  const line = new LiveLine(process.stderr, () => "asking Cloudflare, resolvers and the standby");
  const situation = await lookAround(given, given.to ?? "primary", signal).finally(() => line.stop());
  const walk = { given, situation, say, signal };
  if (given.resumeWrites) {
    const { exitCode, ...end } = await letWritersGoOn(given, situation, say, signal);
    return report(walk, end, exitCode);
  }
  return given.to === undefined ? EXIT.wrongUse : judgedFlip(walk, given.to);
}

/** @throws WrongUseError for options that cannot be meant together */
function refuseWrongUse({ to, via, planned, resumeWrites }: FlipArguments): void {
  if (to === undefined && !resumeWrites) {
    throw new WrongUseError("--to is missing: the store that becomes active, primary or secondary");
  }
  if (to !== undefined && resumeWrites) {
    throw new WrongUseError("--resume-writes flips nothing; leave out --to");
  }
  if (planned && via !== "api") {
    throw new WrongUseError(
      `--planned pauses writers through the marker and needs --via api, not --via ${via}`,
    );
  }
}

async function judgedFlip(walk: Walk, to: StoreName): Promise<number> {
  const { given, situation, say, signal } = walk;
  const { judgement, observation, request } = situation;
  const { verdict, exposure } = judgement;
  // The live system is where it should be, and the configuration may not be.
  if (verdict === "done" && given.via !== "config") {
    say(`${colors.green("✔")} ${to} is active already: marker and load balancer say so. Nothing to do.`);
    return report(walk, { outcome: "already" }, EXIT.done);
  }
  if (verdict !== "done") {
    say(judgementText(to, judgement));
    const isLossy = !request.planned && verdict !== "resume";
    if (isLossy) say(`\n${exposureText(exposure, observation.at, judgement.refusals.some(isAboutLoss))}`);
  }
  const fence = fenceOf(given, MARKER_TTL_SECONDS, situation.stores, process.env.CLOUDFLARE_BASE_URL);
  const steps = planFlip({ to, planned: request.planned, fenceSeconds: fence });
  if (verdict === "refused") return report(walk, { outcome: "refused", steps }, EXIT.wanting);
  if (given.dryRun) {
    say(
      given.via === "api"
        ? `\nWould be done:\n${stepsText(steps)}`
        : `\nWould be done: see --via ${given.via} in --help`,
    );
    return report(walk, { outcome: "dry-run", steps }, EXIT.done);
  }
  if (given.via === "config") return branchOff(walk, to);
  if (!given.yes) await confirmStore(to, signal);
  if (given.via === "apply") {
    const { flipViaApply } = await import("./via-apply.js");
    const end = await flipViaApply(given, to, observation, say, signal);
    if (end.outcome === "flipped") await noteApplied(walk, to);
    return report(walk, end, EXIT.done);
  }
  const { exitCode, ...end } = await flipViaApi(given, situation, say, signal);
  if (end.outcome === "flipped") {
    say(`\n${colors.green("✔")} ${to} is active: marker and load balancer, read back from Cloudflare`);
  }
  return report(walk, end, exitCode);
}

/** As a flip through the API does it in the middle; here Terraform has only just read back what it wrote. */
async function noteApplied({ given, situation, say, signal }: Walk, to: StoreName): Promise<void> {
  const place = { ...situation.place, seconds: given.timeout };
  say(noteText(await noteOnStore(to, () => Promise.resolve(), place, signal), to));
}

async function branchOff(walk: Walk, to: StoreName): Promise<number> {
  const { given, situation, say } = walk;
  const body = pullRequestBody(to, checksInWords(situation));
  const { base, branch: name } = given;
  const made = await makeFlipBranch({ folder: ".", to, base, branch: name, body });
  if (made === undefined) {
    say(`${colors.green("✔")} cdktf.json says ${to} already at ${base}`);
    return report(walk, { outcome: "already" }, EXIT.done);
  }
  const { branch, title } = made;
  say(`\n${colors.green("✔")} branch ${branch}: one word in cdktf.json. Your files are as they were.\n`);
  say(`Pull request:\n\n${title}\n\n${body}`);
  const next = [`git push origin ${branch}`, "open the pull request, with the text above"];
  return report(walk, { outcome: "branch", branch, next }, EXIT.done);
}

/** For a reviewer, and for whoever reads the history. */
function checksInWords({ judgement, observation }: FlipSituation): string {
  const { verdict, fine, overridden, exposure } = judgement;
  if (verdict === "done") return "The live system is there already: this lets the configuration follow.";
  const since = isKnown(exposure.since) ? `writes since ${exposure.since.value}` : exposure.since.unknown;
  const keys = keysInWords(exposure);
  return [
    `Looked at ${observation.at}: ${fine.join(", ")}.`,
    ...overridden.map(({ check, reason }) => `Overridden (${check}): ${reason}.`),
    `Could be missing: ${since}${keys === "" ? "" : `; open keys: ${keys}`}.`,
  ].join("\n");
}

function report(
  { given, situation, say }: Walk,
  end: Omit<FlipReport, "to" | "via" | "planned" | "judgement">,
  exitCode: number,
): number {
  for (const line of end.next ?? []) say(`   → ${line}`);
  if (given.json) {
    const { to, via } = given;
    const { judgement, request } = situation;
    const text = flipJson({ ...end, to, via, planned: request.planned, judgement });
    process.stdout.write(`${withoutEnvironmentSecrets(text, process.env)}\n`);
  }
  return exitCode;
}
