import { Command, CommanderError } from "commander";
import { EXIT } from "./exit-codes";

const EXIT_CODES = `
Exit codes: 0 done · 1 checked and found wanting · 2 wrong use · 3 could not reach something needed ·
            130 interrupted`;

/** Runs the command that the arguments name. Sets the exit code. */
export async function runProgram(commands: readonly Command[]): Promise<void> {
  const program = new Command("storage-failover")
    .description("Object storage that survives the loss of a cloud.")
    .addHelpText("after", EXIT_CODES)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text) });
  for (const command of commands) {
    program.addCommand(command.exitOverride().addHelpText("after", EXIT_CODES));
  }
  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.wrongUse;
  }
}
