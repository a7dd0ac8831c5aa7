import { demoCommand } from "./commands/demo";
import { storeCommands } from "./commands/store-commands";
import { runProgram } from "./program";

/** The command line of a clone: what works on stores, and the demo, which needs the whole repository. */
void runProgram([...storeCommands(), demoCommand()]);
