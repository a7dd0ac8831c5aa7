import type { Command } from "commander";
import { bootstrapCommand } from "./bootstrap";
import { conflictsCommand } from "./conflicts";
import { dependenciesCommand } from "./dependencies";
import { doctorCommand } from "./doctor";
import { enrollCommand } from "./enroll";
import { explainCommand } from "./explain";
import { factsCommand } from "./facts";
import { flipCommand } from "./flip";
import { guardCommand } from "./guard";
import { probeStoreCommand } from "./probe-store";
import { rotateCommand } from "./rotate";
import { runbookCommand } from "./runbook";
import { statusCommand } from "./status";
import { straysCommand } from "./strays";
import { syncCommand } from "./sync";
import { verifyCommand } from "./verify";

/** What works on stores, wherever it is run. */
export function storeCommands(): readonly Command[] {
  return [
    statusCommand(),
    explainCommand(),
    syncCommand(),
    verifyCommand(),
    conflictsCommand(),
    straysCommand(),
    enrollCommand(),
    rotateCommand(),
    probeStoreCommand(),
    doctorCommand(),
    flipCommand(),
    guardCommand(),
    factsCommand(),
    dependenciesCommand(),
    runbookCommand(),
    bootstrapCommand(),
  ];
}
