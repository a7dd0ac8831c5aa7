import { relative } from "node:path";
import colors from "picocolors";
import type { DrillFigures } from "../drill/evidence/figures";
import { duration, durationRange, grouped } from "../drill/report/wording";
import type { WrittenReport } from "../drill/report/write-report";

/** The end of the demo, able to stand alone. */
export function demoSummary(figures: DrillFigures, files: WrittenReport["files"]): string {
  const { failover, rpo, parity, invariants, targets, conflicts } = figures;
  const holding = invariants.filter(({ holds }) => holds === true).length;
  const cell = (name: string, value: string) => `   ${name.padEnd(16)} ${value}`;
  const lines = [
    "",
    failover &&
      cell(
        "recovery time",
        `${duration(failover.rtoSeconds)} when the primary answers 503 (predicted ${durationRange(failover.predictedSeconds)})`,
      ),
    failover && cell("noticed after", duration(failover.detectionSeconds)),
    rpo &&
      cell(
        "data at risk",
        `at most ${duration(rpo.seconds)} of writes at the failover (in truth ${duration(rpo.exactSeconds)}), ${rpo.objectsLost?.length ?? "?"} objects lost in the end`,
      ),
    parity &&
      cell(
        "parity",
        `${grouped(parity.objects)} objects compared in bytes and headers, ${parity.differences.length} differ`,
      ),
    cell("conflicts", `${conflicts.length}, made on purpose; kept on both sides`),
    cell("invariants", `${holding} of ${invariants.length} hold`),
    cell("targets", `${targets.filter(({ met }) => met).length} of ${targets.length} met`),
    ...targets
      .filter(({ met }) => !met)
      .map(({ text, value, limit, unit }) =>
        colors.red(`     ✘ ${text}: ${value ?? "not measured"} ${unit} (at most ${limit} ${unit})`),
      ),
    ...invariants
      .filter(({ holds }) => holds !== true)
      .map(({ id, text, holds }) =>
        colors.red(`     ✘ ${id} ${holds === false ? "is broken" : "was not checked"}: ${text}`),
      ),
    "",
    ` ${figures.passed ? colors.green("passed") : colors.red("failed")}   reports: ${relative(process.cwd(), files.html)}   (md, json and raw log beside it)`,
  ];
  return lines.filter((line) => line !== null).join("\n");
}
