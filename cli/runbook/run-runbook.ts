import { writeFile } from "node:fs/promises";
import type { ChangedFact } from "../../operate/facts/changed-facts";
import { measuredIn } from "../../operate/runbook/measured";
import { renderRunbook } from "../../operate/runbook/render-runbook";
import { type StaleLine, staleLines } from "../../operate/runbook/stale-lines";
import colors from "../colors";
import type { RunbookArguments } from "../commands/runbook";
import { EXIT } from "../exit-codes";
import { InterruptedError } from "../interruptible";
import { runCommand } from "../run-command";
import { WrongUseError } from "../wrong-use-error";
import { goneIds } from "./gone-ids";
import { lastMeasured, RUNBOOK_FILE, standingSource, textIfThere } from "./runbook-source";

/** More lines say nothing more. */
const SHOWN_LINES = 10;

/** `storage-failover runbook`: sets the exit code, never rejects. */
export function runRunbook(given: RunbookArguments): Promise<void> {
  return runCommand({
    task: (signal) => (given.check ? check(given, signal) : write(given)),
    stopping: "stopping …",
    interruption: new InterruptedError("interrupted"),
    verbose: given.verbose,
  });
}

async function write(given: RunbookArguments): Promise<number> {
  const [source, measured] = await Promise.all([standingSource(given), lastMeasured(given.report)]);
  const runbook = renderRunbook({ ...source, measured });
  const lacks = [
    source.facts === undefined && "Cloudflare's ids: storage-failover facts",
    source.contacts === undefined && "who has which role: runbook.contacts.yaml",
    measured === undefined && "a drill: storage-failover drill",
  ].filter((one) => one !== false);
  const { out } = given;
  if (out !== undefined) await writeFile(out, runbook);
  if (given.json) {
    const facts = { command: "runbook", outcome: "written", file: out ?? null, lacks, runbook };
    process.stdout.write(`${JSON.stringify(facts, null, 2)}\n`);
    return EXIT.done;
  }
  if (out === undefined) process.stdout.write(runbook);
  const told = [
    ...(out === undefined ? [] : [` ${colors.green("✔")} ${out}: ${runbook.split("\n").length} lines`]),
    ...lacks.map((one) => ` ${colors.yellow("!")} it lacks ${one}`),
  ];
  if (told.length > 0) process.stderr.write(`${told.join("\n")}\n`);
  return EXIT.done;
}

async function check(given: RunbookArguments, signal: AbortSignal): Promise<number> {
  const file = given.out ?? RUNBOOK_FILE;
  const [committed, source] = await Promise.all([textIfThere(file), standingSource(given)]);
  if (committed === undefined) {
    throw new WrongUseError(`there is no ${file}; write it: storage-failover runbook --out ${file}`);
  }
  const gone = source.facts && (await goneIds(source.facts, process.env, signal));
  const stale = staleLines(committed, renderRunbook({ ...source, measured: measuredIn(committed) }));
  const isWanting = stale.length > 0 || (gone ?? []).length > 0;
  if (given.json) {
    const facts = {
      command: "runbook",
      outcome: isWanting ? "stale" : "current",
      file,
      stale,
      gone: gone ?? null,
    };
    process.stdout.write(`${JSON.stringify(facts, null, 2)}\n`);
  } else {
    process.stdout.write(`${checkedText(file, stale, gone)}\n`);
  }
  return isWanting ? EXIT.wanting : EXIT.done;
}

function checkedText(
  file: string,
  stale: readonly StaleLine[],
  gone: readonly ChangedFact[] | undefined,
): string {
  const differences = stale
    .slice(0, SHOWN_LINES)
    .flatMap(({ line, was, is }) => [
      ...(was === undefined ? [] : [colors.red(`     ${line} - ${was}`)]),
      ...(is === undefined ? [] : [colors.green(`     ${line} + ${is}`)]),
    ]);
  const more = stale.length > SHOWN_LINES ? [`     … and ${stale.length - SHOWN_LINES} more`] : [];
  const text =
    stale.length === 0
      ? [` ${colors.green("✔")} ${file} is what would be written now`]
      : [
          ` ${colors.red("✘")} ${file} is stale: ${stale.length} lines`,
          ...differences,
          ...more,
          `     → storage-failover runbook --out ${file}`,
        ];
  if (gone === undefined) {
    return [...text, " – ids were not looked up at Cloudflare: set CLOUDFLARE_API_TOKEN"].join("\n");
  }
  const ids =
    gone.length === 0
      ? [` ${colors.green("✔")} every id is known at Cloudflare`]
      : [
          ...gone.map(({ path, was, is }) => ` ${colors.red("✘")} ${path}: ${was} is now ${is}`),
          `     → storage-failover facts, then storage-failover runbook --out ${file}`,
        ];
  return [...text, ...ids].join("\n");
}
