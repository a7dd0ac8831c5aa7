import { staticCredentials } from "../../lambda/s3/static-credentials";
import type { EnrollArguments } from "../commands/enroll";
import type { RotateArguments } from "../commands/rotate";
import { EXIT } from "../exit-codes";
import { InterruptedError } from "../interruptible";
import { runCommand } from "../run-command";
import { openStore } from "../stores/open-stores";
import { storeOptions } from "../stores/store-arguments";
import { TerminalProgress } from "../terminal-progress";
import { originSecrets, replicatorKeys } from "./droplet";
import type { DropletArguments } from "./droplet-arguments";
import {
  type Enrollment,
  type EnrollmentResult,
  type EnrollmentSteps,
  enroll,
  finishRotation,
  rotate,
} from "./enrollment";
import { enrollmentSummary } from "./enrollment-summary";
import { type EnrollmentTarget, enrollmentTarget } from "./enrollment-target";
import { givenOriginSecrets, nextAfterBoth, sendOriginSecrets } from "./origin-secret";
import { secretsManagerVault } from "./pair-vault";
import { type RemoteShell, withSsh } from "./ssh-connection";
import { pinnedHostKey } from "./ssh-target";
import { pairTrial } from "./try-pair";

type Environment = NodeJS.ProcessEnv;

/** What a command does once the droplet's shell is there. */
interface Job {
  readonly command: "enroll" | "rotate";
  readonly given: DropletArguments;
  /** @returns the facts for `--json`, and the same for people */
  run(session: Session): Promise<{ readonly facts: object; readonly text: string }>;
}

interface Session {
  readonly target: EnrollmentTarget;
  readonly shell: RemoteShell;
  readonly steps: EnrollmentSteps;
  readonly signal: AbortSignal;
}

/** `storage-failover enroll`: sets the exit code, never rejects. */
export async function runEnroll(given: EnrollArguments): Promise<void> {
  await runJob({
    command: "enroll",
    given,
    run: async (session) => {
      // Asked for before anything is done: what is missing is said at once.
      const secrets = given.originSecretFromEnv ? givenOriginSecrets(process.env, undefined) : [];
      const result = await onPair(session, given, (context) => enroll(context, given.again === true));
      if (secrets.length > 0) await sendOriginSecrets(originSecrets(session.shell), secrets, session.steps);
      const told = outcome(result, session.target);
      return {
        ...told,
        facts: { ...told.facts, ...(secrets.length > 0 && { originSecrets: secrets.length }) },
      };
    },
  });
}

/** `storage-failover rotate`: sets the exit code, never rejects. */
export async function runRotate(given: RotateArguments): Promise<void> {
  const finish = given.finish === true;
  await runJob({
    command: "rotate",
    given,
    run: async (session) => {
      if (given.originSecret) return rotateOriginSecret(session, finish);
      const grace = given.keepOld ? undefined : given.grace;
      const result = await onPair(session, given, (context) =>
        finish ? finishRotation(context) : rotate(context, grace),
      );
      return outcome(result, session.target);
    },
  });
}

async function rotateOriginSecret({ target, shell, steps }: Session, finish: boolean) {
  const secrets = givenOriginSecrets(process.env, finish ? 1 : 2);
  await sendOriginSecrets(originSecrets(shell), secrets, steps);
  return {
    facts: { outcome: finish ? "finished" : "both-accepted", originSecrets: secrets.length },
    text: finish
      ? "done; the droplet accepts the current origin secret only"
      : nextAfterBoth(target.stackPrefix),
  };
}

function runJob(job: Job): Promise<void> {
  const { given } = job;
  // One JSON object and nothing else goes to standard output.
  const progress = new TerminalProgress(given.json ? process.stderr : process.stdout);
  return runCommand({
    task: (signal) => perform(job, progress, signal),
    stopping: "stopping after this step (Ctrl-C again: leave at once; the next rotate cleans up) …",
    interruption: new InterruptedError("interrupted"),
    verbose: given.verbose,
    onFailure: () => progress.fail(),
  });
}

async function perform(job: Job, progress: TerminalProgress, signal: AbortSignal): Promise<number> {
  const { command, given } = job;
  const target = await enrollmentTarget(given, process.env);
  const pinned = await pinnedHostKey(given.hostKey, target.ssh);
  const steps: EnrollmentSteps = {
    begin: (name) => progress.step(name),
    note: (text) => progress.note(text),
  };
  if (!given.json) progress.print(`${command} ${target.label}\n    on ${target.ssh.host}\n`);
  const { facts, text } = await withSsh(target.ssh, pinned, (shell) =>
    job.run({ target, shell, steps, signal }),
  );
  const where = { command, host: target.ssh.host };
  process.stdout.write(`${given.json ? JSON.stringify({ ...where, ...facts }, null, 2) : `\n ${text}`}\n`);
  return EXIT.done;
}

async function onPair(
  { target, shell, steps, signal }: Session,
  given: DropletArguments,
  task: (context: Enrollment) => Promise<EnrollmentResult>,
): Promise<EnrollmentResult> {
  const vault = await secretsManagerVault(target.vault);
  const environment: Environment = process.env;
  const tryPair = pairTrial(async (pair) => {
    const credentials = staticCredentials(pair);
    return (await openStore(storeOptions(given, target.store), { ...given, environment, credentials }))
      .client;
  });
  try {
    return await task({ keys: replicatorKeys(shell), vault, tryPair, steps, signal });
  } finally {
    vault.close();
  }
}

function outcome(result: EnrollmentResult, { vault }: EnrollmentTarget) {
  const { secret, ...counts } = result;
  const { secretName, region } = vault;
  return {
    facts: { ...counts, secret: { name: secretName, region, change: secret } },
    text: enrollmentSummary(result, vault),
  };
}
