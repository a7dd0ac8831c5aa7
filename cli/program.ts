import { Command, CommanderError } from "commander";
import { errorCode } from "../drill/machine/caught-error";
import { version } from "../package.json";
import { completionCommand } from "./commands/completion";
import { isCompletion } from "./completion/completion-words";
import { EXIT } from "./exit-codes";

const EXIT_CODES = `
Exit codes: 0 done · 1 checked and found wanting · 2 wrong use · 3 could not reach something needed ·
            130 interrupted`;

const MORE = `
Options and examples of a command: storage-failover <command> --help`;

/** Runs the command that the arguments name. Sets the exit code. */
export async function runProgram(commands: readonly Command[]): Promise<void> {
  // Of Node 20, which the AWS SDK is about to leave: a notice to whoever builds this, in the middle of somebody's output.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  outliveClosedPipes();
  const program = new Command("storage-failover")
    .description("Object storage that survives the loss of a cloud.")
    .version(version, "-V, --version", "print the version")
    .addHelpText("after", MORE + EXIT_CODES)
    .showHelpAfterError("see: storage-failover --help")
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text) });
  for (const command of commands) {
    const seen = `see: storage-failover ${command.name()} --help`;
    program.addCommand(command.exitOverride().showHelpAfterError(seen).addHelpText("after", EXIT_CODES));
  }
  try {
    await prepareCompletion(program);
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.wrongUse;
  }
}

/** Loaded only when it is wanted: it looks at every command. */
async function prepareCompletion(program: Command): Promise<void> {
  if (!isCompletion(process.argv.slice(2))) {
    program.addCommand(completionCommand());
    return;
  }
  const { addCompletion } = await import("./completion/completion.js");
  await addCompletion(program);
}

/** Who has read enough closes the pipe, as `head` does: what is under way goes on, and the exit code stays its own. */
function outliveClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error) => {
      if (errorCode(error) !== "EPIPE") throw error;
    });
  }
}
