import { join } from "node:path";
import { Annotations, App, CONTEXT_ENV } from "cdktf";
import { failoverConfig } from "../failover.config";
import { ConfigurationError } from "../lib/configuration-error";
import { StorageFailover } from "../lib/storage-failover";
import { activeProviderFromSurroundings } from "./active-provider-from-surroundings";
import { APP_SCOPE } from "./synthesize";

/** Exit code for a configuration that cannot work, as for any wrong use. */
const WRONG_USE = 2;

function main(): void {
  const app = new App({ stackTraces: false });
  const { value, warning } = activeProviderFromSurroundings({
    environment: process.env,
    context: app.node,
    projectFolder: join(__dirname, ".."),
  });
  const failover = new StorageFailover(app, APP_SCOPE, { ...failoverConfig, activeProvider: value });
  if (warning !== undefined) {
    Annotations.of(failover.edge).addWarning(warning);
    // The CDKTF CLI, which always hands over a context, prints annotations; on its own, the app must.
    if (process.env[CONTEXT_ENV] === undefined) {
      console.error(`warning: ${warning}`);
    }
  }
  app.synth();
}

try {
  main();
} catch (error) {
  if (!(error instanceof ConfigurationError)) {
    throw error;
  }
  console.error(`${error.name} ${error.message}`);
  process.exitCode = WRONG_USE;
}
