import type { RunHistory } from "./run-history";

/** One command of an operator, and what came of it. */
export interface OperatorFigures {
  readonly command: string;
  /** Seconds of the real deployment, into the run. */
  readonly atSeconds: number;
  /** Of the machine, not scaled: a program takes what it takes. */
  readonly machineSeconds: number;
  readonly exitCode: number | null;
  readonly outcome: string | null;
  readonly reasons: readonly string[];
  /** Requests to Cloudflare's API while it ran. */
  readonly requests: number;
}

export function operatorFigures(history: RunHistory): readonly OperatorFigures[] {
  return history.of("operator").map(({ at, end, command, exitCode, outcome, reasons }) => ({
    command: command.join(" "),
    atSeconds: history.seconds(at),
    machineSeconds: Math.round(end - at) / 1000,
    exitCode,
    outcome: outcome ?? null,
    reasons: reasons ?? [],
    requests: history.of("api").filter((request) => request.at >= at && request.at <= end).length,
  }));
}
