import { spawn } from "node:child_process";
import { once } from "node:events";
import type { StoreCredentials } from "../../contract/credentials";
import type { ReplicatorConfig, StoreConfig } from "../../lambda/replicator/config";
import { openObjectClient } from "../../lambda/s3/open-object-client";
import { staticCredentials } from "../../lambda/s3/static-credentials";
import { pairTrial } from "../enroll/try-pair";
import { EXIT } from "../exit-codes";
import type { ProgramCommand } from "./logged-program";
import { StepFailedError } from "./step-failed-error";
import { hasDroplet, hasOriginSecret, replicationRegion } from "./synthesized-stacks";
import type { RunStep, WalkContext } from "./walk-context";

/** The replicator's key pair for the standby: made on the droplet, kept in Secrets Manager, never seen here. */
export const runEnroll: RunStep = async (context) => {
  const config = await context.surroundings.network.stores(
    context.project.outputFolder,
    context.app.stackPrefix,
  );
  const { credentialsSecret } = config.stores.secondary;
  if (credentialsSecret === undefined) {
    return { outcome: "already", result: "the secondary takes the function's role" };
  }
  // The origin secret travels with the key pair, and whether the droplet has it cannot be seen from here.
  const originSecretPending = hasOriginSecret(context.app) && !context.record.wasDone("enroll");
  if ((await isEnrolled(context, config)) && !(originSecretPending && hasDroplet(context.app))) {
    return { outcome: "already", result: `the pair in ${credentialsSecret} opens the secondary` };
  }
  if (!hasDroplet(context.app)) {
    throw new StepFailedError(
      `the secret ${credentialsSecret} holds no key pair that opens ${config.stores.secondary.endpoint}; make one there, ` +
        'and put {"accessKeyId": …, "secretAccessKey": …} into the secret',
      "wanting",
    );
  }
  await context.confirm(
    `enroll: a key pair for the replicator, into the secret ${credentialsSecret}`,
    "AWS bills a secret by the month. The droplet is reached by SSH, from an address in adminCidrs.",
  );
  await runEnrollCommand(context);
  if (!(await isEnrolled(context, config))) {
    throw new StepFailedError(`the pair in ${credentialsSecret} does not open the secondary`, "wanting");
  }
  return { outcome: "done", result: `${credentialsSecret} holds the replicator's key pair` };
};

/** The pair of the secret, where there is one; it opens the secondary's health object at the end. */
export async function enrolledPair(
  { surroundings, app }: WalkContext,
  { credentialsSecret }: StoreConfig,
): Promise<StoreCredentials | undefined> {
  if (credentialsSecret === undefined) return undefined;
  const vault = await surroundings.network.vault(credentialsSecret, replicationRegion(app));
  try {
    return await vault.read();
  } finally {
    vault.close();
  }
}

/** The same program with another command, so that it asks and answers as it does alone. */
export function enrollCommand({
  app,
  surroundings,
  project,
  enrollWords,
}: EnrollCommandParts): ProgramCommand {
  const [file, ...words] = surroundings.self;
  const origin = hasOriginSecret(app) ? ["--origin-secret-from-env"] : [];
  return {
    file,
    words: [
      ...[...words, "enroll", "--synthesized", project.outputFolder],
      ...app.chosenBy,
      ...origin,
      ...enrollWords,
    ],
  };
}

type EnrollCommandParts = Pick<WalkContext, "app" | "surroundings" | "project" | "enrollWords">;

async function isEnrolled(context: WalkContext, { stores }: ReplicatorConfig): Promise<boolean> {
  const { secondary } = stores;
  const pair = await enrolledPair(context, secondary);
  if (pair === undefined) return false;
  const open = (given: StoreCredentials) =>
    Promise.resolve(openObjectClient("thin", { ...secondary, credentials: staticCredentials(given) }));
  // One attempt: a pair that was refused is made anew, and enrolling waits for what passes by itself.
  return (await pairTrial(open, 0)(pair)) === "works";
}

async function runEnrollCommand(context: WalkContext): Promise<void> {
  const { surroundings, project, signal } = context;
  const { file, words } = enrollCommand(context);
  // Its questions and its progress are for the same person, who interrupts it with the same Ctrl-C.
  const child = spawn(file, words, {
    cwd: project.folder,
    env: { ...surroundings.environment },
    stdio: ["inherit", process.stderr.fd, "inherit"],
  });
  const stop = () => void (process.stdin.isTTY || child.kill("SIGTERM"));
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const [code] = (await once(child, "exit")) as [number | null];
  signal.removeEventListener("abort", stop);
  signal.throwIfAborted();
  if (code === EXIT.done) return;
  throw new StepFailedError(
    `enroll ended with ${code ?? "a signal"}; what follows -- is handed to it: storage-failover enroll --help`,
    code === EXIT.unreachable ? "unreachable" : "wanting",
  );
}
