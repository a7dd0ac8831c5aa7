import { type Command, InvalidArgumentError, Option } from "commander";
import { wholeNumber } from "../number-options";
import { STACK_PREFIX_OPTION } from "../stores/stack-sets";
import { WrongUseError } from "../wrong-use-error";

/** What `drill --virtual` takes beside the options of every drill. */
export interface VirtualArguments {
  readonly virtual?: true;
  readonly runs?: number;
  readonly compare?: ComparedValues;
  readonly interval?: number;
  readonly timeout?: number;
  readonly retries?: number;
  readonly consecutiveDown?: number;
  readonly everyMinutes?: number;
  readonly regions?: readonly string[];
  readonly objects?: number;
  readonly objectSize?: number;
  readonly writesPerSecond?: number;
  readonly passSeconds?: number;
  readonly synthesized?: string;
  readonly stackPrefix?: string;
}

/** `interval=15,30,60` */
export interface ComparedValues {
  readonly name: string;
  readonly values: readonly number[];
}

const LARGE = 1_000_000_000_000;

type Parser = (text: string) => number;

/** By the names that `--compare` takes: what each number may be. */
export const VIRTUAL_NUMBERS: Readonly<
  Record<string, { readonly unit: string; readonly says: string; readonly parse: Parser }>
> = {
  interval: { unit: "seconds", says: "between two probes", parse: wholeNumber(5, 3600) },
  timeout: {
    unit: "seconds",
    says: "after which one attempt of a probe is given up",
    parse: wholeNumber(1, 60),
  },
  retries: { unit: "number", says: "attempts after the first that timed out", parse: wholeNumber(0, 10) },
  "consecutive-down": {
    unit: "number",
    says: "failed checks in a row that make a pool unhealthy",
    parse: wholeNumber(0, 10),
  },
  "every-minutes": { unit: "minutes", says: "between two runs of replication", parse: wholeNumber(1, 1440) },
  objects: { unit: "number", says: "objects of the bucket", parse: wholeNumber(0, LARGE) },
  "object-size": { unit: "bytes", says: "of one object", parse: wholeNumber(0, LARGE) },
  "writes-per-second": {
    unit: "number",
    says: "objects put, overwritten or deleted in a second",
    parse: positive(1_000_000),
  },
  "pass-seconds": {
    unit: "seconds",
    says: "of a pass of replication, as its log tells them (default: reckoned from the three above)",
    parse: positive(1_000_000),
  },
};

/** Adds everything that only `--virtual` reads. */
export function addVirtualOptions(command: Command): Command {
  command
    .option(
      "--virtual",
      "thousands of outages in virtual time, of the project's own plan; nothing is started",
    )
    .optionsGroup("With --virtual:")
    .option("--runs <number>", "outages of each kind (default: 10000)", wholeNumber(1, 1_000_000))
    .option("--compare <name=values>", "what each value would do, as in interval=15,30,60", comparedValues);
  for (const [name, { unit, says, parse }] of Object.entries(VIRTUAL_NUMBERS)) {
    command.addOption(
      new Option(`--${name} <${unit}>`, `${unit === "number" ? "" : `${unit} `}${says}`).argParser(parse),
    );
  }
  return command
    .option("--regions <codes>", "regions that probe, as in WEU,ENAM", regionCodes)
    .option("--synthesized <folder>", "what `cdktf synth` wrote (default: cdktf.out)")
    .option(`${STACK_PREFIX_OPTION} <prefix>`, "which stacks, where the app has several sets");
}

/** @throws WrongUseError for an option that would be ignored */
export function refuseVirtualOptions(given: VirtualArguments): void {
  refuseNamed(given, ONLY_VIRTUAL);
}

/** The same for those that a drill of a deployment does not take either.  */
export function refuseVirtualNumbers(given: VirtualArguments): void {
  refuseNamed(given, VIRTUAL_WITHOUT_PLAN);
}

function refuseNamed(given: VirtualArguments, refused: ReadonlySet<string>): void {
  const named = Object.entries(given).filter(([name, value]) => value !== undefined && refused.has(name));
  const [first] = named;
  if (first !== undefined)
    throw new WrongUseError(`${optionName(first[0])} is for --virtual; add that, or leave it out`);
}

const VIRTUAL_WITHOUT_PLAN: ReadonlySet<string> = new Set([
  ...["runs", "compare", "regions"],
  ...Object.keys(VIRTUAL_NUMBERS).map(propertyName),
]);

const ONLY_VIRTUAL: ReadonlySet<string> = new Set([...VIRTUAL_WITHOUT_PLAN, "synthesized", "stackPrefix"]);

function propertyName(option: string): string {
  return option.replaceAll(/-(\w)/g, (_match, letter: string) => letter.toUpperCase());
}

function optionName(property: string): string {
  return `--${property.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function comparedValues(text: string): ComparedValues {
  const [name = "", list, ...more] = text.split("=");
  const known = Object.hasOwn(VIRTUAL_NUMBERS, name) ? VIRTUAL_NUMBERS[name] : undefined;
  if (known === undefined || list === undefined || more.length > 0)
    throw new InvalidArgumentError(
      `write a name and values, as in interval=15,30,60; names: ${Object.keys(VIRTUAL_NUMBERS).join(", ")}`,
    );
  const values = list.split(",").map((value) => known.parse(value));
  if (values.length > 12) throw new InvalidArgumentError("at most 12 values");
  return { name, values };
}

function regionCodes(text: string): readonly string[] {
  const codes = text.split(",");
  if (new Set(codes).size === codes.length && codes.every((code) => /^[A-Z]{2,5}$/.test(code))) return codes;
  throw new InvalidArgumentError(
    "region codes of Cloudflare, each once, separated by commas, as in WEU,ENAM",
  );
}

function positive(most: number): Parser {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isFinite(value) && value >= 0 && value <= most) return value;
    throw new InvalidArgumentError(`allowed: a number from 0 to ${most.toLocaleString("en-US")}`);
  };
}
