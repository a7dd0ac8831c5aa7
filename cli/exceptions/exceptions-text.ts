import { amount, byteSize } from "../../drill/report/wording";
import colors from "../colors";
import type { OpenException, SideState } from "./open-exception";
import type { Resolved } from "./resolve-key";

/** More than a person decides one by one; `--json` has all of them. */
const SHOWN = 100;

/** Every key with both of its sides. */
export function exceptionsText(exceptions: readonly OpenException[]): string {
  const shown = exceptions
    .slice(0, SHOWN)
    .flatMap((exception) => [
      ` ${colors.yellow(exception.kind)}  ${exception.key}`,
      `   ${colors.dim(exception.reason)}`,
      sideLine("source", exception.source),
      sideLine("destination", exception.destination),
      "",
    ]);
  const hidden = exceptions.length - SHOWN;
  const more = hidden > 0 ? [`   … and ${amount(hidden, "key")} more; --json has all of them`, ""] : [];
  return [...shown, ...more].join("\n");
}

function sideLine(side: string, state: SideState | undefined): string {
  const cells = state === undefined ? ["none"] : sideCells(state);
  return `   ${side.padEnd(11)} ${cells.join("  ")}`;
}

function sideCells(state: SideState): readonly string[] {
  const { kind, lastModified, versionId } = state;
  const size = kind === "deleted" ? "–" : byteSize(state.size);
  const cells = [
    size.padStart(8),
    lastModified.replace("T", " ").replace(/\.\d+Z$/, "Z"),
    kind.padEnd(7),
    `version ${versionId}`,
  ];
  if (kind === "deleted") {
    const { hides } = state;
    return hides ? [...cells, `(delete marker above version ${hides.versionId})`] : cells;
  }
  const { etag, origin } = state;
  cells.push(`ETag "${etag}"`);
  return origin ? [...cells, `(replica of version ${origin.versionId} of the ${origin.store})`] : cells;
}

/** What became of each key that a person decided about. */
export function resolvedText(resolved: readonly Resolved[]): string {
  return resolved.map(resolvedLine).join("\n");
}

function resolvedLine(one: Resolved): string {
  if (one.outcome !== "resolved") {
    const mark = one.outcome === "failed" ? colors.red("✘") : colors.yellow("–");
    return ` ${mark} ${one.key}: ${one.outcome === "failed" ? "not done" : "nothing to decide"}: ${one.reason}`;
  }
  const done = one.placed === "delete-marker" ? "deleted" : "written";
  const remains = one.olderVersion ? `; version ${one.olderVersion} remains below` : "";
  return ` ${colors.green("✔")} ${one.key}: ${done} on the ${one.wrote}${remains}`;
}
