import { parseArgs } from "node:util";
import { WORKLOADS } from "./replication/workloads";

export const PARTS = ["synthesis", "replication"] as const;

export type Part = (typeof PARTS)[number];

export interface BenchOptions {
  readonly parts: readonly Part[];
  readonly rounds: number;
  /** Names of workloads. */
  readonly only: readonly string[];
  /** Part of each workload's objects, from 0 to 1. */
  readonly scale: number;
  readonly json: boolean;
  readonly write: boolean;
  readonly help: boolean;
}

export class WrongUseError extends Error {
  public override readonly name = "WrongUseError";
}

const LEAST_ROUNDS = 3;

const workloadNames = WORKLOADS.map(({ name }) => name);

export const USAGE = `npm run bench -- [synthesis|replication] [--rounds 3] [--only small,huge] [--scale 0.1] [--json] [--write]

Runs programs in turn and compares them within one run: ratios travel between machines, seconds do not.
  synthesis        synthesis of the stacks, and cold start of the function
  replication      this replicator against its twin on the AWS SDK, the usual blueprint, and rclone
                   (needs Go 1.24 or newer; about 14 minutes for 3 rounds on a quiet machine)
  --rounds N       runs of each program that count, at least 3                    default 3
  --only NAMES     workloads of replication: ${workloadNames.join(", ")}
  --scale F        part of each workload's objects, to try it out: 0 < F ≤ 1      default 1
  --json           print one object, and nothing else, to standard output
  --write          also write bench/results/, bench/RESULTS.md and the chart (whole parts only)

Exit codes: 0 done · 1 a program failed, or did not copy what it should · 2 wrong use · 3 something needed is missing · 130 interrupted`;

/** @throws WrongUseError that says what is allowed */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parse(args);
  const parts = PARTS.filter((part) => positionals.length === 0 || positionals.includes(part));
  const unknown = positionals.find((word) => !PARTS.some((part) => part === word));
  if (unknown !== undefined) throw new WrongUseError(`"${unknown}" is no part; allowed: ${PARTS.join(", ")}`);
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < LEAST_ROUNDS) {
    throw new WrongUseError(`--rounds is ${values.rounds}; allowed: whole numbers from ${LEAST_ROUNDS}`);
  }
  const scale = Number(values.scale);
  if (!(scale > 0 && scale <= 1)) throw new WrongUseError(`--scale is ${values.scale}; allowed: 0 < F ≤ 1`);
  const only = values.only === undefined ? [] : values.only.split(",");
  const strange = only.find((name) => !workloadNames.includes(name));
  if (strange !== undefined) {
    throw new WrongUseError(`--only names "${strange}"; allowed: ${workloadNames.join(", ")}`);
  }
  if (values.write && (only.length > 0 || scale < 1)) {
    throw new WrongUseError("--write keeps whole parts only: leave out --only and --scale");
  }
  return { parts, rounds, only, scale, json: values.json, write: values.write, help: values.help };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        rounds: { type: "string", default: String(LEAST_ROUNDS) },
        only: { type: "string" },
        scale: { type: "string", default: "1" },
        json: { type: "boolean", default: false },
        write: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new WrongUseError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
