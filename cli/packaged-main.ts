import { drillCommand } from "./commands/drill";
import { storeCommands } from "./commands/store-commands";
import { runProgram } from "./program";

/** The command line of the published package, in one file that needs nothing but Node. */
void runProgram([...storeCommands(), drillCommand()]);
