import { resolve } from "node:path";
import { Command, Option } from "commander";
import type { StoreKind } from "../../drill/stage/store-kind";
import { EXIT } from "../exit-codes";
import { interruptible } from "../interruptible";
import { speedFactor, wholeNumber } from "../number-options";

interface DemoArguments {
  readonly stores: StoreKind;
  readonly input?: string;
  readonly speed: number;
  readonly seed: number;
  readonly report: string;
  readonly json?: true;
  readonly verbose?: true;
}

export function demoCommand(): Command {
  return new Command("demo")
    .summary("break a primary store on this machine, fail over, come back, and measure it")
    .description(
      "Breaks a primary store on this machine, fails over, comes back, and measures what readers and data went through.",
    )
    .addOption(
      new Option("--stores <kind>", "embedded: works anywhere; real: LocalStack and MinIO")
        .choices(["embedded", "real"])
        .default("embedded"),
    )
    .option("--input <folder>", "load this folder instead of the example site and 2,000 generated objects")
    .option(
      "--speed <factor>",
      "seconds of the real deployment that pass in one second here",
      speedFactor,
      30,
    )
    .option(
      "--seed <number>",
      "fixes what is generated, read and written in which order",
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
      1,
    )
    .option("--report <folder>", "where report and event log go", "drill-report")
    .option("--json", "print report.json, and nothing else, to standard output")
    .option("--verbose", "show the stack trace of an error")
    .action(runDemoCommand);
}

async function runDemoCommand(given: DemoArguments): Promise<void> {
  // Imported only now, so that --help and wrong use answer at once.
  const [{ runDemo }, { demoSummary }, { explainFailure }, { TerminalProgress }] = await Promise.all([
    import("../../drill/demo/run-demo.js"),
    import("../demo-summary.js"),
    import("../explain-failure.js"),
    import("../terminal-progress.js"),
  ]);
  const progress = new TerminalProgress(given.json ? process.stderr : process.stdout);
  progress.print(
    `storage-failover demo · stores: ${given.stores} · 1 s here = ${given.speed} s of the real thing\n`,
  );
  try {
    const { figures, files } = await interruptible((signal) =>
      runDemo({ ...given, reportFolder: resolve(given.report), progress, signal }),
    );
    if (given.json) process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
    else progress.print(demoSummary(figures, files));
    process.exitCode = figures.passed ? EXIT.done : EXIT.wanting;
  } catch (error) {
    progress.fail();
    const { message, exitCode } = explainFailure(error, given.verbose === true);
    process.stderr.write(`${message}\n`);
    process.exitCode = exitCode;
  }
}
