import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { App } from "cdktf";
import { type StackName, stackNameOf } from "../contract/stacks";
import { type FailoverConfig, failoverConfig } from "../failover.config";
import type { ActiveProvider } from "../lib/active-provider";
import { StorageFailover } from "../lib/storage-failover";

/** Parsed `cdk.tf.json` of every stack. */
export type SynthesizedStacks = Readonly<Record<StackName, SynthesizedStack>>;

export type SynthesizedStack = Readonly<Record<string, unknown>>;

export interface SynthesizeRequest {
  readonly activeProvider: ActiveProvider;
  /** @default - the repository's `failover.config.ts` */
  readonly config?: FailoverConfig;
  /** Folder for the output, laid out like `cdktf.out`; created when missing. */
  readonly outdir: string;
}

/** Id of the construct in the app; part of error messages only, since stacks name their resources themselves. */
export const APP_SCOPE = "failover";

/**
 * Synthesizes all stacks in this process, with validations, and returns what was written.
 *
 * @throws ConfigurationError for a configuration that cannot work
 */
export function synthesizeStacks({
  activeProvider,
  config = failoverConfig,
  outdir,
}: SynthesizeRequest): SynthesizedStacks {
  const app = new App({ outdir: resolve(outdir), stackTraces: false });
  new StorageFailover(app, APP_SCOPE, { ...config, activeProvider });
  app.synth();
  const { stackNamePrefix: prefix } = config;
  const read = (stack: StackName): SynthesizedStack => {
    const folder = stackNameOf(stack, prefix);
    return JSON.parse(readFileSync(join(app.outdir, "stacks", folder, "cdk.tf.json"), "utf8"));
  };
  return {
    primary: read("primary"),
    secondary: read("secondary"),
    replication: read("replication"),
    edge: read("edge"),
  };
}
