import colors from "../colors";
import { commandLine } from "./logged-program";
import type { PlannedStep } from "./planned-steps";
import type { Problem } from "./problem";
import type { Recorded } from "./progress-file";
import { STEP_IDS, STEP_TITLES } from "./steps";
import type { Walk } from "./walk";

const TITLE_WIDTH = 14;

/** `--dry-run`, for people. */
export function plannedText(steps: readonly PlannedStep[], problems: readonly Problem[]): string {
  const shown = steps.map(({ title, consequence, needs, commands }) =>
    [
      ` ${colors.bold(title)}${consequence === undefined ? "" : `   ${consequence}`}`,
      ...(needs.length === 0 ? [] : [`   needs ${needs.join(", ")}`]),
      ...commands.map((line) => colors.dim(`   ${line}`)),
    ].join("\n"),
  );
  return [...shown, "", problemsText(problems), "nothing was changed"].join("\n");
}

function problemsText(problems: readonly Problem[]): string {
  if (problems.length === 0) return `${colors.green("✔")} nothing stands against it`;
  return problems.map(({ reason, remedy }) => ` ${colors.red("✘")} ${reason}\n   ${remedy}`).join("\n");
}

/** `--status`, for people. */
export function statusText(recorded: Recorded): string {
  const lines = STEP_IDS.map((id) => {
    const { state = "not yet", at = "", result = "" } = recorded[id] ?? {};
    return ` ${STEP_TITLES[id].padEnd(TITLE_WIDTH)} ${state.padEnd(12)} ${at.slice(0, 19).padEnd(20)} ${result}`.trimEnd();
  });
  return lines.join("\n");
}

/**
 * The end of a run, able to stand alone.
 *
 * @param chosenBy - words by which other commands find the same stacks
 */
export function walkText({ steps, exitCode }: Walk, chosenBy: readonly string[]): string {
  const failed = steps.find(({ outcome }) => outcome === "failed" || outcome === "interrupted");
  if (failed === undefined && exitCode === 0) {
    return steps.some(({ step }) => step === "proof") ? `\n${colors.green("done")}\n${next(chosenBy)}` : "";
  }
  if (failed === undefined) return "";
  const title = STEP_TITLES[failed.step];
  const what = failed.outcome === "interrupted" ? "interrupted" : "stopped";
  return `\n${colors.red("✘")} ${what} at ${title}: ${failed.result}\n\nwhat was done holds; the same command goes on from there`;
}

function next(chosenBy: readonly string[]): string {
  const command = (words: string) =>
    commandLine({ file: "storage-failover", words: [...words.split(" "), ...chosenBy] });
  return `
   see whether all is well                ${command("doctor")}
   copy what the primary already holds    ${command("sync --from primary --to secondary")}
   compare both stores                    ${command("verify --from primary --to secondary")}
   rehearse a failover                    npm run demo (in a clone)
   before a flip                          export TF_CLI_CONFIG_FILE, as the plugin mirror says above`;
}
