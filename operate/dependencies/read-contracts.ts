import { LineCounter, parseDocument } from "yaml";
import { CONTRACTS_SCHEMA, type Contracts, type ContractsFile } from "./contract";

/** A file of contracts that cannot be used; the message names file, line and column. */
export class ContractsError extends Error {
  public override readonly name = "ContractsError";

  constructor(
    public readonly file: string,
    public readonly problems: readonly string[],
  ) {
    super(problems.join("\n"));
  }
}

/**
 * Reads one file of contracts.
 *
 * @param file - its name, for messages
 * @throws ContractsError with everything that is wrong, each with its place
 */
export function parseContracts(text: string, file: string): ContractsFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  if (document.errors.length > 0) {
    throw new ContractsError(
      file,
      document.errors.map(({ pos: [from], message }) => `${at(from)}: ${message.split("\n")[0]}`),
    );
  }
  const parsed = CONTRACTS_SCHEMA.safeParse(document.toJS());
  if (parsed.success) return parsed.data;
  throw new ContractsError(
    file,
    parsed.error.issues.map(({ path, message }) => {
      const keys = path.map((key) => (typeof key === "symbol" ? String(key) : key));
      return `${at(offsetOf(document, keys))}: ${keys.join(".") || "the file"}: ${message}`;
    }),
  );
}

/** Where the value stands, or the nearest one around it that is there. */
function offsetOf(document: ReturnType<typeof parseDocument>, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    const range = typeof node === "object" && node !== null && "range" in node ? node.range : undefined;
    if (Array.isArray(range) && typeof range[0] === "number") return range[0];
  }
  return 0;
}

/**
 * Puts files together: a later one takes the place of an entry of the first by its id, so that a team can say what is
 * different with them. Of two later files that name the same id nobody could tell which holds.
 *
 * @throws ContractsError
 */
export function mergeContracts(
  own: ContractsFile,
  others: readonly { readonly file: string; readonly contracts: ContractsFile }[],
): Contracts {
  const merged = { providers: byId(own.providers ?? []), dependencies: byId(own.dependencies) };
  for (const kind of ["providers", "dependencies"] as const) {
    const takenBy = new Map<string, string>();
    for (const { file, contracts } of others) {
      for (const entry of contracts[kind] ?? []) {
        const before = takenBy.get(entry.id);
        if (before !== undefined) {
          throw new ContractsError(file, [`${file}: ${kind}: "${entry.id}" is in ${before} too`]);
        }
        takenBy.set(entry.id, file);
      }
    }
  }
  for (const { contracts } of others) {
    for (const entry of contracts.providers ?? []) merged.providers.set(entry.id, entry);
    for (const entry of contracts.dependencies) merged.dependencies.set(entry.id, entry);
  }
  return { providers: [...merged.providers.values()], dependencies: [...merged.dependencies.values()] };
}

function byId<T extends { readonly id: string }>(entries: readonly T[]): Map<string, T> {
  return new Map(entries.map((entry) => [entry.id, entry]));
}
