import { readEventLog } from "../evidence/event-log";
import { computeFigures } from "../evidence/figures";

/** Computes the figures of the log whose path it is given, and prints them as JSON: all that it knows is the log. */
const [logPath] = process.argv.slice(2);
if (logPath === undefined) throw new Error("give the path of an event log");
process.stdout.write(JSON.stringify(computeFigures(readEventLog(logPath).history)));
