import { join, relative } from "node:path";
import type { OutageFigures } from "../../drill/evidence/outage";
import { duration, durationRange } from "../../drill/report/wording";
import type { StagingResult } from "../../drill/staging/run-staging";
import type { PlannedFault, StagingConfig } from "../../drill/staging/staging-config";
import type { Mended } from "../../drill/staging/staging-faults";
import colors from "../colors";
import { failedChecks } from "./drill-text";

const DOES: Readonly<Record<PlannedFault["kind"], (store: string) => string>> = {
  "pool-disabled": (store) => `switch the pool of ${store} off, and on again`,
  "wrong-health-body": (store) => `replace the health object of ${store}, and put it back`,
  "health-object-removed": (store) => `remove the health object of ${store}, and put it back`,
};

/** What is going to be done, before anybody agrees to it. */
export function plannedText(
  hostname: string,
  { faults, abort }: StagingConfig,
  lastsSeconds: number,
  speed: number,
): string {
  const { share, overSeconds } = abort.failedReads;
  return [
    "",
    ` ${colors.bold(hostname)} is drilled while it is in use:`,
    ...faults.map(
      ({ store, kind, holdSeconds }) => `   ${DOES[kind](store)}   holds ${duration(holdSeconds)}`,
    ),
    ` It takes up to ${duration(lastsSeconds)}${speed === 1 ? "" : ` (1 s here = ${speed} s of the real thing)`}, and ends at once when ${Math.round(share * 100)} % of reads fail over ${duration(overSeconds)}.`,
    ` Ctrl-C mends. Should this process be killed: storage-failover drill --target staging --mend`,
    "",
  ].join("\n");
}

/** The end of a drill, able to stand alone. */
export function stagingSummary({ passed, problem, report }: StagingResult): string {
  const { figures, files } = report;
  const wanting = passed
    ? []
    : [...(problem === undefined ? [] : [problem]), ...failedChecks(figures, problem)];
  return [
    "",
    ...figures.outages.map(outageLine),
    "",
    ` ${passed ? colors.green("passed") : colors.red("failed")}   ${figures.reads.total} reads, ${figures.reads.failed} failed; everything is mended`,
    ...wanting.map((text) => colors.red(`   ✘ ${text}`)),
    `          report: ${join(relative(process.cwd(), files.html))}   (md, json and raw log beside it)`,
  ].join("\n");
}

function outageLine(outage: OutageFigures): string {
  const { store, fault, detectionSeconds, movedSeconds, movedBackSeconds, returnSeconds } = outage;
  const predicted = outage.predictedDetectionSeconds;
  const parts = [
    `reads failed ${outage.rtoSeconds === null ? "to the end" : duration(outage.rtoSeconds)}`,
    ...(detectionSeconds === null
      ? []
      : [
          `noticed ${duration(detectionSeconds)}${predicted === null ? "" : ` (predicted ${durationRange(predicted)})`}`,
        ]),
    ...(movedSeconds === null ? [] : [`readers moved ${duration(movedSeconds)}`]),
    ...(returnSeconds === null ? [] : [`healthy again ${duration(returnSeconds)}`]),
    ...(movedBackSeconds === null ? [] : [`readers back ${duration(movedBackSeconds)}`]),
  ];
  return `   ${store} ${fault}: ${parts.join(" · ")}`;
}

export function mendedText({ part: { store, kind }, changedByOthers }: Mended): string {
  if (changedByOthers)
    return `Somebody has put another health object on ${store} since; it was left as it is. Look at it: storage-failover status`;
  return kind === "pool-disabled"
    ? `Mended: the pool of ${store} is on again.`
    : `Mended: the health object of ${store} is back as it was.`;
}

/** For machines. */
export function stagingJson(hostname: string, { passed, problem, report }: StagingResult) {
  return {
    command: "drill",
    target: "staging",
    hostname,
    passed,
    problem,
    shortcomings: passed ? [] : failedChecks(report.figures, problem),
    report: report.files.json,
    figures: report.figures,
  };
}
