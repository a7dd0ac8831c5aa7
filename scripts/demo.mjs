import "./steps/node-version.mjs";
import { runPrepared } from "./steps/prepared-run.mjs";

/** `npm run demo`: the main job, end to end. */
await runPrepared(["cli/main.ts", "demo", ...process.argv.slice(2)]);
