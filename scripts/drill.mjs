import "./steps/node-version.mjs";
import { runPrepared } from "./steps/prepared-run.mjs";

/** `npm run drill`: scenarios, each with a report. */
await runPrepared(["cli/main.ts", "drill", ...process.argv.slice(2)]);
