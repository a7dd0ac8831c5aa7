import { STACK_NAMES, type StackName, stackNameOf } from "../../contract/stacks";
import { WrongUseError } from "../wrong-use-error";

/** The option that chooses among several sets of the four stacks in one app. */
export const STACK_PREFIX_OPTION = "--stack-prefix";

/** Stands for stacks whose names begin with nothing. */
const NONE = "";

/** The name that a stack is deployed by. */
export function prefixedStackName(prefix: string, stack: StackName): string {
  return stackNameOf(stack, prefix === NONE ? undefined : prefix);
}

/** Every prefix of which all four stacks are among `names`, sorted; an empty text where they have none. */
export function stackPrefixes(names: readonly string[]): readonly string[] {
  const there = new Set(names);
  const [first] = STACK_NAMES;
  return names
    .flatMap((name) => {
      if (name === first) return [NONE];
      return name.endsWith(`-${first}`) ? [name.slice(0, -first.length - 1)] : [];
    })
    .filter((prefix) => STACK_NAMES.every((stack) => there.has(prefixedStackName(prefix, stack))))
    .sort();
}

/**
 * The prefix of the stacks that are meant: as given, else that of the only complete set; undefined where there is no
 * complete set and none was asked for.
 *
 * @param names - of all stacks that there are
 * @param place - where they are, for messages
 * @throws WrongUseError when nobody can tell, or when there are no such stacks; with the prefixes that there are
 */
export function chosenPrefix(
  names: readonly string[],
  given: string | undefined,
  place: string,
): string | undefined {
  const prefixes = stackPrefixes(names);
  if (given === undefined) {
    if (prefixes.length <= 1) return prefixes[0];
    throw new WrongUseError(
      `${place} has the stacks of several pairs of stores; say which with ${STACK_PREFIX_OPTION}: ${listedPrefixes(prefixes)}`,
    );
  }
  if (prefixes.includes(given)) return given;
  const instead = prefixes.length > 0 ? `allowed: ${listedPrefixes(prefixes)}` : withoutAny(names);
  throw new WrongUseError(`${STACK_PREFIX_OPTION} "${given}": ${place} has no such four stacks; ${instead}`);
}

function withoutAny(names: readonly string[]): string {
  if (names.length === 0) return "run: npx cdktf synth";
  return `it has ${[...names].sort().join(", ")}`;
}

/** As they are typed. */
export function listedPrefixes(prefixes: readonly string[]): string {
  return prefixes.map((prefix) => (prefix === NONE ? '"" (no prefix)' : prefix)).join(", ");
}
