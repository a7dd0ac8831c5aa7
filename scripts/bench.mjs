import "./steps/node-version.mjs";
import { runPrepared } from "./steps/prepared-run.mjs";

/** `npm run bench`: timings, as ratios. */
await runPrepared(["bench/main.ts", ...process.argv.slice(2)]);
