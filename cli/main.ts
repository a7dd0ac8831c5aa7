import { CLONE_DRILLS } from "./commands/clone-drills";
import { demoCommand } from "./commands/demo";
import { drillCommand } from "./commands/drill";
import { localCommand } from "./commands/local";
import { storeCommands } from "./commands/store-commands";
import { runProgram } from "./program";

/** The command line of a clone: what works on stores, demo, drill and local, which need the whole repository. */
void runProgram([...storeCommands(), demoCommand(), drillCommand(CLONE_DRILLS), localCommand()]);
