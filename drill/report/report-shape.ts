import type { DrillFigures } from "../evidence/figures";

/** `report.json`: the figures, and the raw log that they come from. Its schema is `reportSchema`. */
export interface ReportJson extends DrillFigures {
  /** Where the schema is, from the report's folder. */
  readonly $schema: string;
  readonly events: LogReference;
}

/** Plain text throughout: whoever renders it escapes it. */
export interface ReportContents {
  readonly title: string;
  readonly passed: boolean;
  /** One sentence that can stand alone. */
  readonly verdict: string;
  /** Why it did not pass; empty when it did. */
  readonly shortcomings: readonly string[];
  /** What was run; says once how time was scaled. */
  readonly setting: string;
  readonly bigFigures: readonly BigFigure[];
  readonly tables: readonly ReportTable[];
}

export type State = "good" | "bad" | "unknown";

export interface BigFigure {
  readonly label: string;
  /** With its unit. */
  readonly value: string;
  readonly meaning: string;
  readonly state: State;
}

export interface ReportTable {
  /** Stable name, for links. */
  readonly id: string;
  readonly title: string;
  readonly note?: string;
  readonly columns: readonly string[];
  readonly rows: readonly TableRow[];
}

export interface TableRow {
  readonly cells: readonly string[];
  /** Marks the row, and with it its last cell. */
  readonly state?: State;
}

/** The raw log, as the report names it. */
export interface LogReference {
  /** Relative to the report's folder. */
  readonly path: string;
  /** Of the whole file, as `sha256sum` gives it. */
  readonly sha256: string;
  /** Of the last line, which stands for all before it. */
  readonly lastHash: string;
  readonly count: number;
}
