import { startContext } from "../../../drill/local-cloud/start-options";
import { obtainPrograms } from "./programs";

/** Run as a process: prints where the programs are, as JSON; or, with status 3, why one cannot be had. */
async function prepare(): Promise<void> {
  const context = startContext({ onProgress: (message) => process.stderr.write(`${message}\n`) });
  try {
    process.stdout.write(JSON.stringify(await obtainPrograms(context)));
  } catch (error) {
    process.stdout.write(error instanceof Error ? error.message : String(error));
    process.exitCode = 3;
  }
}

void prepare();
