import { EDGE_FACTS_FILE, type EdgeFacts } from "../../operate/edge-facts";
import { changedFacts } from "../../operate/facts/changed-facts";
import { readFacts, writeFacts } from "../../operate/facts/facts-file";
import { type FactsQuestion, findFacts } from "../../operate/facts/find-facts";
import { cloudflareAccess } from "../cloudflare-access";
import colors from "../colors";
import type { FactsArguments } from "../commands/facts";
import { EXIT } from "../exit-codes";
import { InterruptedError } from "../interruptible";
import { runCommand } from "../run-command";
import { plannedEdge } from "../stores/planned-edge";
import { planPlace } from "../stores/store-arguments";
import { WrongUseError } from "../wrong-use-error";

/** `storage-failover facts`: sets the exit code, never rejects. */
export function runFacts(given: FactsArguments): Promise<void> {
  return runCommand({
    task: (signal) => (given.check ? check(given, signal) : write(given, signal)),
    stopping: "stopping …",
    interruption: new InterruptedError("interrupted"),
    verbose: given.verbose,
  });
}

async function write(given: FactsArguments, signal: AbortSignal): Promise<number> {
  const file = given.out ?? EDGE_FACTS_FILE;
  const before = await readIfThere(file);
  const facts = await find(given, before, signal);
  await writeFacts(file, facts);
  const changed = before === undefined ? [] : changedFacts(before, facts);
  if (given.json) {
    print({ command: "facts", outcome: "written", file, facts, changed });
    return EXIT.done;
  }
  process.stdout.write(`${factsText(facts)}\n`);
  for (const { path, was, is } of changed) process.stdout.write(`   ${path} was ${was}, is ${is}\n`);
  process.stdout.write(`\n written to ${file}; commit it: a flip through the API needs nothing else\n`);
  return EXIT.done;
}

async function check(given: FactsArguments, signal: AbortSignal): Promise<number> {
  const file = given.out ?? EDGE_FACTS_FILE;
  const before = await readFacts(file);
  const found = await findFacts(
    await cloudflareAccess(process.env),
    { hostname: before.hostname, zoneId: before.zoneId },
    signal,
  );
  const changed = changedFacts(before, found);
  const isRight = changed.length === 0;
  if (given.json) {
    print({ command: "facts", outcome: isRight ? "right" : "changed", file, changed });
  } else if (isRight) {
    process.stdout.write(` ${colors.green("✔")} ${file}: every id is there, and the same\n`);
  } else {
    for (const { path, was, is } of changed) {
      process.stdout.write(` ${colors.red("✘")} ${path} was ${was}, is ${is}\n`);
    }
    process.stdout.write(`\n ${file} is stale; write it anew: storage-failover facts\n`);
  }
  return isRight ? EXIT.done : EXIT.wanting;
}

async function find(
  given: FactsArguments,
  before: EdgeFacts | undefined,
  signal: AbortSignal,
): Promise<EdgeFacts> {
  const question = await questionOf(given, before);
  return findFacts(await cloudflareAccess(process.env), question, signal);
}

/** As given, else as planned, else as it was the last time. */
async function questionOf(given: FactsArguments, before: EdgeFacts | undefined): Promise<FactsQuestion> {
  const { hostname, zoneId } = given;
  if (hostname !== undefined) return { hostname, zoneId };
  const planned = await plannedEdge(planPlace(given));
  if (planned !== undefined) return { hostname: planned.plan.hostname, zoneId };
  if (before !== undefined) return { hostname: before.hostname, zoneId: zoneId ?? before.zoneId };
  throw new WrongUseError(
    "nothing says which host name is meant; give --hostname, or run npx cdktf synth and give its folder with --synthesized",
  );
}

async function readIfThere(file: string): Promise<EdgeFacts | undefined> {
  try {
    return await readFacts(file);
  } catch {
    // One that is missing or wrong is what this command is called for.
    return undefined;
  }
}

function factsText({ hostname, zoneId, accountId, loadBalancerId, marker, pools }: EdgeFacts): string {
  const row = (name: string, id: string, more = "") => `   ${name.padEnd(16)} ${id}  ${colors.dim(more)}`;
  return [
    "",
    row("load balancer", loadBalancerId, hostname),
    row("marker", marker.recordId, marker.name),
    row("pool, primary", pools.primary.id, pools.primary.name),
    row("pool, secondary", pools.secondary.id, pools.secondary.name),
    row("zone", zoneId),
    row("account", accountId),
  ].join("\n");
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
