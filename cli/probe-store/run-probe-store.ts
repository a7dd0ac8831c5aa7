import { DnsOverHttpsMarker } from "../../lambda/marker/dns-over-https";
import { MarkerUnreadableError } from "../../lambda/marker/marker-reader";
import type { ProbeStoreArguments } from "../commands/probe-store";
import { EXIT } from "../exit-codes";
import { InterruptedError } from "../interruptible";
import { LiveLine } from "../progress/live-line";
import { RefusedError } from "../refused-error";
import { runCommand } from "../run-command";
import { type OpenedStore, type OpenedStores, openStore } from "../stores/open-stores";
import { planPlace, storeOptions } from "../stores/store-arguments";
import { activeByItsJournal } from "../stores/write-permission";
import { WrongUseError } from "../wrong-use-error";
import { CAPABILITIES, type ProbeReport, probeStore, type Verdict } from "./probe-store";
import { capabilityText, probeSummary } from "./probe-text";

type Opened = OpenedStore & Pick<OpenedStores, "config">;

const EXIT_OF: Readonly<Record<Verdict, number>> = {
  suitable: EXIT.done,
  "suitable-without-deletions": EXIT.done,
  "not-suitable": EXIT.wanting,
  undecided: EXIT.wanting,
};

/** `storage-failover probe-store`: sets the exit code, never rejects. */
export function runProbeStore(given: ProbeStoreArguments): Promise<void> {
  return runCommand({
    task: (signal) => probe(given, signal),
    stopping: "stopping; what was written is removed first (Ctrl-C again: leave at once) …",
    interruption: new InterruptedError("interrupted"),
    verbose: given.verbose,
  });
}

async function probe(given: ProbeStoreArguments, signal: AbortSignal): Promise<number> {
  const { store, json } = given;
  if (store === undefined) {
    throw new WrongUseError("--store is missing; allowed: primary, secondary, or an address");
  }
  const opened = await openStore(storeOptions(given, store), {
    ...planPlace(given),
    environment: process.env,
  });
  try {
    if (!given.intoActive) await refuseActive(opened);
    if (!json) process.stdout.write(`probing ${opened.label}\n\n`);
    const report = await probeShown(opened, json === true, signal);
    const facts = { command: "probe-store", store: opened.place, ...report };
    process.stdout.write(`${json ? JSON.stringify(facts, null, 2) : probeSummary(report)}\n`);
    return EXIT_OF[report.verdict];
  } finally {
    opened.client.close();
  }
}

async function probeShown({ client }: Opened, json: boolean, signal: AbortSignal): Promise<ProbeReport> {
  let done = 0;
  // Without `--json` the lines themselves tell how far it is, and would run into this one.
  const line = json
    ? new LiveLine(process.stderr, () => `${done} of ${CAPABILITIES.length} tried`)
    : undefined;
  try {
    return await probeStore({
      client,
      signal,
      onProbed: (capability) => {
        done += 1;
        if (!json) process.stdout.write(`${capabilityText(capability)}\n`);
      },
    });
  } finally {
    line?.stop();
  }
}

/**
 * Nothing is written outside replication's own prefix, so that it would do no harm; but what readers depend on is not
 * experimented with by accident. Where nobody can tell which store is active, there is nothing to protect yet.
 */
async function refuseActive(opened: Opened): Promise<void> {
  const { config, name, label } = opened;
  const active =
    config === undefined || name === undefined
      ? await activeByItsJournal(opened)
      : await activeByMarker(config);
  if (active === undefined || (name !== undefined && active !== name)) return;
  throw new RefusedError(`probing ${label}`, [
    { reason: `it is the active store, ${active}`, remedy: "to try it all the same: --into-active" },
  ]);
}

async function activeByMarker({ markerName, resolvers }: NonNullable<Opened["config"]>) {
  try {
    return (await new DnsOverHttpsMarker({ recordName: markerName, resolvers }).read()).active;
  } catch (error) {
    if (error instanceof MarkerUnreadableError) return undefined;
    throw error;
  }
}
