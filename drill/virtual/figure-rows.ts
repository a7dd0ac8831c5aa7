import { OUTAGE_KINDS, type OutageKind } from "../../lib/objectives";
import type { JudgedFigure } from "./judged-figure";
import type { VirtualFigures } from "./virtual-drill";

/** One line of a virtual drill's figures. */
export interface FigureRow {
  readonly id: string;
  readonly title: string;
  /** The title where several plans stand side by side. */
  readonly short: string;
  readonly unit: "s" | "writes";
  readonly figure: JudgedFigure;
}

const KIND_TITLES: Readonly<Record<OutageKind, string>> = {
  refusing: "reads fail, active store answers wrongly",
  hanging: "reads fail, active store hangs",
  unreachable: "reads fail, active store cannot be reached",
};

/** All figures, in the order in which they are told. */
export function figureRows(figures: VirtualFigures): readonly FigureRow[] {
  const recovery = OUTAGE_KINDS.map((kind) => ({
    id: kind,
    title: KIND_TITLES[kind],
    short: KIND_TITLES[kind].replace(", active store", ": store"),
    unit: "s" as const,
    figure: figures.recoverySeconds[kind],
  }));
  return [
    ...recovery,
    {
      id: "data-at-risk",
      title: "data at risk, active store lost",
      short: "data at risk",
      unit: "s",
      figure: figures.dataAtRiskSeconds,
    },
    {
      id: "writes-at-risk",
      title: "writes at risk, active store lost",
      short: "writes at risk",
      unit: "writes",
      figure: figures.writesAtRisk,
    },
  ];
}

/** `32.5 s`, `1,234 writes`: one decimal below 100. */
export function shown(value: number, unit: FigureRow["unit"]): string {
  const rounded = value < 100 && unit === "s" ? Math.round(value * 10) / 10 : Math.round(value);
  return Number.isFinite(value) ? `${rounded.toLocaleString("en-US")} ${unit}` : "for ever";
}

/** `+0.3 %`; a dash where nothing is predicted but zero. */
export function shownDifference({ meanDifference }: JudgedFigure): string {
  if (meanDifference === null) return "–";
  const percent = Math.round(meanDifference * 1000) / 10;
  return `${percent > 0 ? "+" : ""}${percent} %`;
}
