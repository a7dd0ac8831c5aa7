import { readdir } from "node:fs/promises";
import { resolve } from "node:path";
import type { RootCommand } from "@bomb.sh/tab";
import type { Command } from "commander";
import { STORE_NAMES } from "../../contract/stores";
import { CHECK_GROUPS } from "../doctor/check";
import {
  COMPLETION_COMMAND,
  COMPLETION_DESCRIPTION,
  COMPLETION_HELP,
  COMPLETION_SUMMARY,
} from "./completion-words";

/** What comes with a clone, and not with the package. */
const SCENARIOS_FOLDER = resolve(__dirname, "../../drill/scenarios");

/** Options that take a store's name; an address is fine as well, and cannot be guessed. */
const STORE_OPTIONS = ["store", "from", "to"] as const;

/** Adds both commands to a program that is complete otherwise. */
export async function addCompletion(program: Command): Promise<void> {
  const { default: tab } = await import("@bomb.sh/tab/commander");
  const root = tab(program, { completionCommandName: COMPLETION_COMMAND });
  for (const command of program.commands) {
    const known = root.commands.get(command.name());
    // A menu has room for some words.
    if (known) known.description = command.summary() || command.description();
  }
  const own = program.commands.find((command) => command.name() === COMPLETION_COMMAND);
  own?.summary(COMPLETION_SUMMARY).description(COMPLETION_DESCRIPTION).addHelpText("after", COMPLETION_HELP);
  const scenarios = await scenarioIds();
  for (const option of STORE_OPTIONS) suggest(root, option, STORE_NAMES);
  suggestArgument(root, "doctor", CHECK_GROUPS);
  suggestArgument(root, "drill", scenarios);
}

/** For every command that has the option, and knows no words of its own for it. */
function suggest(root: RootCommand, name: string, words: readonly string[]): void {
  for (const command of root.commands.values()) {
    const option = command.options.get(name);
    if (option === undefined || option.isBoolean) continue;
    option.handler = (complete) => {
      for (const word of words) complete(word, "");
    };
  }
}

function suggestArgument(root: RootCommand, name: string, words: readonly string[]): void {
  const [argument] = root.commands.get(name)?.arguments.values() ?? [];
  if (argument === undefined) return;
  argument.handler = (complete) => {
    for (const word of words) complete(word, "");
  };
}

async function scenarioIds(): Promise<readonly string[]> {
  try {
    const files = await readdir(SCENARIOS_FOLDER);
    return files.filter((file) => file.endsWith(".yaml")).map((file) => file.slice(0, -".yaml".length));
  } catch {
    return [];
  }
}
