import { isStoreName, type StoreName } from "../../contract/stores";
import { field } from "../field";

/** The file has no toggle that one word could change. */
export class ToggleNotFoundError extends Error {
  public override readonly name = "ToggleNotFoundError";
}

const TOGGLE = /("activeProvider"\s*:\s*")(primary|secondary)(")/g;

/** The store that a `cdktf.json` makes active. @throws ToggleNotFoundError */
export function toggleOf(text: string): StoreName {
  const word = wordIn(text);
  if (isStoreName(word)) return word;
  throw new ToggleNotFoundError(
    `cdktf.json has ${JSON.stringify(word) ?? "nothing"} as context.activeProvider; expected primary or secondary. An app that takes its toggle from elsewhere has to be edited by hand`,
  );
}

/**
 * The text of `cdktf.json` with the one word changed, and nothing else: not a space.
 *
 * @throws ToggleNotFoundError when it is not there exactly once
 */
export function withToggle(text: string, to: StoreName): string {
  toggleOf(text);
  const found = [...text.matchAll(TOGGLE)];
  const changed = text.replace(TOGGLE, `$1${to}$3`);
  if (found.length === 1 && wordIn(changed) === to) return changed;
  throw new ToggleNotFoundError(
    `"activeProvider" stands ${found.length} times in cdktf.json; change context.activeProvider by hand`,
  );
}

function wordIn(text: string): unknown {
  try {
    return field(field(JSON.parse(text), "context"), "activeProvider");
  } catch (error) {
    throw new ToggleNotFoundError("cdktf.json is no JSON", { cause: error });
  }
}
