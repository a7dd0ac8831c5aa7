import { Argument, Command } from "commander";
import { COMPLETION_COMMAND, COMPLETION_SUMMARY } from "../completion/completion-words";

/** For the list of commands; the library takes its place when it is called. */
export function completionCommand(): Command {
  const shell = new Argument("<shell>").choices(["bash", "zsh", "fish", "powershell"]);
  return new Command(COMPLETION_COMMAND).summary(COMPLETION_SUMMARY).addArgument(shell);
}
