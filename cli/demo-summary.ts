import { relative } from "node:path";
import type { DrillFigures } from "../drill/evidence/figures";
import { duration, durationRange, grouped } from "../drill/report/wording";
import type { WrittenReport } from "../drill/report/write-report";
import colors from "./colors";

/** The end of the demo, able to stand alone. */
export function demoSummary(figures: DrillFigures, files: WrittenReport["files"]): string {
  const { outages, recoveries, rpo, parity, invariants, targets, keys } = figures;
  const refusing = outages.find(({ fault }) => fault === "answers-503");
  const lost = recoveries.find(({ fault }) => fault === "killed");
  const holding = invariants.filter(({ holds }) => holds === true).length;
  const cell = (name: string, value: string) => `   ${name.padEnd(16)} ${value}`;
  const lines = [
    "",
    refusing?.predictedSeconds &&
      cell(
        "recovery time",
        `${duration(refusing.rtoSeconds)} when the primary answers 503 (predicted ${durationRange(refusing.predictedSeconds)})`,
      ),
    refusing && cell("noticed after", duration(refusing.detectionSeconds)),
    lost &&
      cell(
        "when it is lost",
        `readers well after ${duration(lost.dataPlaneSeconds)}, writers after ${duration(lost.controlPlaneSeconds)}, of which ${duration(lost.decisionSeconds)} to decide`,
      ),
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
    cell("conflicts", `${keys.conflicting.length}, made on purpose; kept on both sides`),
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
  return lines.filter((line) => typeof line === "string").join("\n");
}
