import type { Observation } from "../../operate/observation";
import type { Assessment, Concern, Verdict } from "../../operate/observe/assess";
import colors from "../colors";
import { timeOfDay } from "../time-span";
import { wrapped } from "../wrapped-text";
import { type RowMark, statusRows } from "./status-rows";

/** What `status` found out, for people and machines. */
export interface StatusFacts {
  readonly hostname?: string;
  readonly observation: Observation;
  readonly assessment: Assessment;
  readonly lagObjectiveSeconds: number;
}

const MARK: Readonly<Record<RowMark, string>> = {
  good: colors.green("✔"),
  notice: colors.yellow("!"),
  bad: colors.red("✘"),
  unknown: colors.dim("–"),
};

const LABEL_WIDTH = 12;

/** Everything, able to stand alone. */
export function statusText({ hostname, observation, assessment, lagObjectiveSeconds }: StatusFacts): string {
  const title = ["storage-failover status", hostname, timeOfDay(observation.at, observation.at)];
  const rows = statusRows(observation, assessment, lagObjectiveSeconds).map(({ mark, label, text }) =>
    wrapped(` ${MARK[mark]} ${label.padEnd(LABEL_WIDTH)}`, text, LABEL_WIDTH + 3),
  );
  return [
    title.filter((part) => part !== undefined).join(" · "),
    "",
    ...rows,
    ...assessment.concerns.flatMap((concern) => ["", concernText(concern)]),
    "",
    ` ${verdictText(assessment)}`,
  ].join("\n");
}

function concernText({ severity, text, remedy }: Concern): string {
  const mark = severity === "problem" ? MARK.bad : MARK.notice;
  return `${wrapped(` ${mark} `, text, 3)}\n${wrapped("   → ", remedy)}`;
}

function verdictText({ verdict, concerns }: Assessment): string {
  const problems = concerns.filter(({ severity }) => severity === "problem").length;
  const words: Readonly<Record<Verdict, string>> = {
    well: colors.green("well"),
    wanting: colors.red(`${problems} to be put right`),
    unreachable: colors.red("nobody could be reached: see the reasons above"),
  };
  return words[verdict];
}

/** The same for machines; names are stable. */
export function statusJson({ hostname, observation, assessment, lagObjectiveSeconds }: StatusFacts) {
  const { marker } = observation;
  return {
    command: "status",
    outcome: assessment.verdict,
    hostname,
    active: "value" in marker ? marker.value.active : null,
    readOnly: "value" in marker ? marker.value.writesPaused : null,
    lagObjectiveSeconds,
    concerns: assessment.concerns,
    observation,
  };
}
