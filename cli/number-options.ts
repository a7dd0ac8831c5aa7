import { InvalidArgumentError } from "commander";

/** For commander: a whole number within a range, both ends included. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isSafeInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`allowed: a whole number from ${least} to ${most}`);
  };
}

/** For commander: how many seconds of the real deployment pass in one second of a deployment on this machine. */
export function speedFactor(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 1 || value > 1000)
    throw new InvalidArgumentError("allowed: a number from 1 to 1000");
  return value;
}
