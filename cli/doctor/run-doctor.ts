import { byteSize, grouped } from "../../drill/report/wording";
import { FactsMissingError } from "../../operate/facts/facts-errors";
import { NotAskedError } from "../../operate/observe/ask";
import type { DoctorArguments } from "../commands/doctor";
import { withoutEnvironmentSecrets } from "../environment-secrets";
import { EXIT } from "../exit-codes";
import { explainFailure } from "../explain-failure";
import { InterruptedError } from "../interruptible";
import { leaveNow } from "../leave-now";
import { LiveLine } from "../progress/live-line";
import { runCommand } from "../run-command";
import { WrongUseError } from "../wrong-use-error";
import { chosenChecks, outcomeOf } from "./all-checks";
import { NOTHING } from "./bucket-size";
import type { Check, Checked, Patient } from "./check";
import { checkedText, doctorSummary } from "./doctor-text";
import { patientOf } from "./patient";

/** `storage-failover doctor`: sets the exit code, never rejects. */
export async function runDoctor(names: readonly string[], given: DoctorArguments): Promise<void> {
  await runCommand({
    task: (signal) => examine(names, given, signal),
    stopping: "stopping …",
    interruption: new InterruptedError("interrupted"),
    verbose: given.verbose,
  });
  await leaveNow();
}

async function examine(
  names: readonly string[],
  given: DoctorArguments,
  signal: AbortSignal,
): Promise<number> {
  const checks = chosenChecks(names);
  let listed = NOTHING;
  const patient = patientOf(given, process.env, signal, (current) => {
    listed = current;
  });
  // All at once, and told in their order: what takes long keeps nobody else from being ready.
  const running = checks.map((check) => made(check, patient, names.length > 0));
  for (const one of running) one.catch(() => undefined);
  const checked: Checked[] = [];
  for (const [index, { title }] of checks.entries()) {
    const line = new LiveLine(process.stderr, () => (listed === NOTHING ? title : listing(listed)));
    const finding = await running[index]?.finally(() => line.stop());
    signal.throwIfAborted();
    if (finding === undefined) continue;
    checked.push(finding);
    if (!given.json) print(checkedText(finding));
  }
  const outcome = outcomeOf(checked);
  const facts = { command: "doctor", outcome, checks: checked };
  print(given.json ? JSON.stringify(facts, null, 2) : doctorSummary(checked));
  return { well: EXIT.done, wanting: EXIT.wanting, unreachable: EXIT.unreachable }[outcome];
}

function listing({ objects, bytes }: typeof NOTHING): string {
  return `listing the bucket: ${grouped(objects)} objects, ${byteSize(bytes)}`;
}

/**
 * What cannot be looked at is a finding, too.
 *
 * @throws WrongUseError where the check was asked for by its name
 */
async function made(check: Check, patient: Patient, isNamed: boolean): Promise<Checked> {
  const { id, title } = check;
  try {
    return { id, title, ...(await check.run(patient)) };
  } catch (error) {
    patient.signal.throwIfAborted();
    if (error instanceof WrongUseError && isNamed) throw error;
    const { message, exitCode } = explainFailure(error, false);
    const found = message.replace(/^error: /, "");
    if (error instanceof WrongUseError) return { id, title, status: "skipped", found };
    if (error instanceof FactsMissingError) {
      return { id, title, status: "skipped", found: "the ids are not known", fix: "storage-failover facts" };
    }
    if (error instanceof NotAskedError)
      return { id, title, status: "skipped", found: "not asked", fix: found };
    const unreachable = exitCode === EXIT.unreachable;
    return { id, title, status: "problem", found, ...(unreachable && { unreachable }) };
  }
}

function print(text: string): void {
  process.stdout.write(`${withoutEnvironmentSecrets(text, process.env)}\n`);
}
