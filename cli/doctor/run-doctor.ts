import { byteSize, grouped } from "../../drill/report/wording";
import type { DoctorArguments } from "../commands/doctor";
import { withSsh } from "../enroll/ssh-connection";
import { pinnedHostKey, sshTarget } from "../enroll/ssh-target";
import { EXIT } from "../exit-codes";
import { explainFailure } from "../explain-failure";
import { InterruptedError } from "../interruptible";
import { LiveLine } from "../progress/live-line";
import { stoppable } from "../stoppable";
import { configuredStores } from "../stores/configured-stores";
import { openStore } from "../stores/open-stores";
import { planPlace, storeOptions } from "../stores/store-arguments";
import { WrongUseError } from "../wrong-use-error";
import { type BucketSize, bucketSize, NOTHING } from "./bucket-size";
import type { Check, Checked, Patient } from "./check";
import { checkedText, doctorSummary } from "./doctor-text";
import { givenVolume, measuredVolume, plannedVolume, type Volume } from "./volume";
import { VOLUME_CHECKS } from "./volume-checks";

/** In the order in which they are shown. */
const CHECKS: readonly Check[] = [...VOLUME_CHECKS];

/** `storage-failover doctor`: sets the exit code, never rejects. */
export async function runDoctor(given: DoctorArguments): Promise<void> {
  try {
    process.exitCode = await stoppable(
      (signal) => examine(given, signal),
      "stopping …",
      new InterruptedError("interrupted"),
    );
  } catch (error) {
    const { message, exitCode } = explainFailure(error, given.verbose === true);
    process.stderr.write(`${message}\n`);
    process.exitCode = exitCode;
  }
}

async function examine(given: DoctorArguments, signal: AbortSignal): Promise<number> {
  const patient: Patient = {
    bucket: once(() => sizeOfBucket(given, signal)),
    volume: once(() => sizeOfVolume(given)),
  };
  const checked: Checked[] = [];
  for (const check of CHECKS) {
    signal.throwIfAborted();
    const { id, title } = check;
    const finding: Checked = { id, title, ...(await check.run(patient)) };
    checked.push(finding);
    if (!given.json) process.stdout.write(`${checkedText(finding)}\n`);
  }
  const wanting = checked.some(({ status }) => status === "problem");
  const facts = { command: "doctor", outcome: wanting ? "wanting" : "well", checks: checked };
  process.stdout.write(`${given.json ? JSON.stringify(facts, null, 2) : doctorSummary(checked)}\n`);
  return wanting ? EXIT.wanting : EXIT.done;
}

async function sizeOfBucket(given: DoctorArguments, signal: AbortSignal): Promise<BucketSize> {
  const { bucketBytes } = given;
  if (bucketBytes !== undefined)
    return { current: { objects: 0, bytes: bucketBytes, diskBytes: bucketBytes } };
  const store = given.store ?? "primary";
  const opened = await openStore(storeOptions(given, store), {
    ...planPlace(given),
    environment: process.env,
  });
  let sum = NOTHING;
  const line = new LiveLine(
    process.stderr,
    () => `listing ${opened.label}: ${grouped(sum.objects)} objects, ${byteSize(sum.bytes)}`,
  );
  try {
    const { client, connection } = opened;
    const onProgress = (current: typeof sum) => {
      sum = current;
    };
    return await bucketSize({ client, connection, signal, onProgress });
  } finally {
    line.stop();
    opened.client.close();
  }
}

/** As given, else as measured where the droplet can be reached, else as planned. */
async function sizeOfVolume(given: DoctorArguments): Promise<Volume> {
  const { volumeGib, hostKey } = given;
  if (volumeGib !== undefined) return givenVolume(volumeGib);
  if (hostKey !== undefined) return askDroplet(given);
  const planned = await plannedVolume(planPlace(given));
  if (planned !== undefined) return planned;
  throw new WrongUseError(
    "the size of the standby's volume is not known: no plan here has one; run npx cdktf synth, or give --volume-gib, or --host-key to ask the droplet",
  );
}

async function askDroplet(given: DoctorArguments): Promise<Volume> {
  const { hostKey } = given;
  const config = await configuredStores({ ...planPlace(given), environment: process.env });
  const host = config && new URL(config.stores.secondary.endpoint).hostname;
  if (host === undefined && given.host === undefined) {
    throw new WrongUseError("--host is missing: no stores are configured here");
  }
  const target = sshTarget(given, host ?? "", process.env);
  const pinned = await pinnedHostKey(hostKey, target);
  return withSsh(target, pinned, (shell) => measuredVolume(shell, target.host));
}

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => {
    answer ??= ask();
    return answer;
  };
}
