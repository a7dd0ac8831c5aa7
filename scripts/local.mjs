import "./steps/node-version.mjs";
import { runPrepared } from "./steps/prepared-run.mjs";

/** `npm run local`: the deployment on this machine, to try things on. */
await runPrepared(["cli/main.ts", "local", ...process.argv.slice(2)]);
