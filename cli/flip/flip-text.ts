import type { StoreName } from "../../contract/stores";
import { type Exposure, keysInWords } from "../../operate/flip/exposure";
import type { Refusal } from "../../operate/flip/flip-request";
import type { Judgement } from "../../operate/flip/judge-flip";
import { type FlipStep, stepText } from "../../operate/flip/plan-flip";
import { isKnown } from "../../operate/known";
import colors from "../colors";
import { timeOfDay, timeSpan } from "../time-span";
import { wrapped } from "../wrapped-text";

/** What was looked at, and what came of it; able to stand alone. */
export function judgementText(to: StoreName, judgement: Judgement): string {
  const { verdict, refusals, overridden, fine } = judgement;
  const title = verdict === "refused" ? `flip to ${to} refused` : `flip to ${to}`;
  return [
    title,
    "",
    ...refusals.map((one) => refusalText(colors.red("✘"), one)),
    ...overridden.map(({ check, reason }) =>
      wrapped(`  ${colors.yellow("!")} `, `${reason} (${check}: overridden)`, 4),
    ),
    ...(fine.length > 0 ? [wrapped(`  ${colors.dim("–")} `, `${fine.join(", ")}: fine`, 4)] : []),
    ...(verdict === "resume" ? ["  it was begun before, and goes on where it ended"] : []),
  ].join("\n");
}

/**
 * What is at stake, in one paragraph.
 *
 * @param refused - whether that stands against the flip
 */
export function exposureText(exposure: Exposure, now: string, refused: boolean): string {
  const { since, seconds } = exposure;
  const span = seconds === undefined ? "" : ` (${timeSpan(seconds)})`;
  const writes = isKnown(since)
    ? `writes since ${timeOfDay(since.value, now)}${span}`
    : `nobody can tell how many writes: ${since.unknown}`;
  const keys = keysInWords(exposure);
  const known = keys === "" ? "" : `; and the open keys: ${keys}`;
  const more = refused ? " To accept that: --accept-loss" : "";
  return wrapped(
    "",
    `What could be missing until the other store can be read again: ${writes}${known}.${more}`,
  );
}

export function stepsText(steps: readonly FlipStep[]): string {
  return steps.map((step, index) => `  ${index + 1}. ${stepText(step)}`).join("\n");
}

function refusalText(mark: string, { check, reason, remedy }: Refusal): string {
  return `${wrapped(`  ${mark} `, `${reason} (${check})`, 4)}\n${wrapped("    → ", remedy)}`;
}
