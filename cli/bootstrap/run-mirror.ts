import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { STACK_NAMES } from "../../contract/stacks";
import { amount } from "../../drill/report/wording";
import { cliConfiguration, registryOf } from "./cli-configuration";
import { copyPackages, missingPackages, packageLabel, wantedPackages } from "./mirrored-providers";
import { runTerraform } from "./run-program";
import { StepFailedError } from "./step-failed-error";
import type { SynthesizedApp, SynthesizedStack } from "./synthesized-stacks";
import { type RunStep, showing, type WalkContext } from "./walk-context";

/** A port on which nothing answers: whoever asks the registry through it fails at once. */
const NOWHERE = "http://127.0.0.1:1";

/** Copies of all providers, and proof that the edge can do without the registry. */
export const runMirror: RunStep = async (context) => {
  const { app, mirror, platforms, terraform } = context;
  const wanted = wantedPackages(providersOf(app), platforms);
  if (wanted.length === 0) return { outcome: "already", result: "the stacks need no provider" };
  const host = registryOf(terraform.product);
  const lacking = await missingPackages(mirror, host, wanted);
  if (lacking.length > 0) await fill(context, host);
  const missing = await missingPackages(mirror, host, wanted);
  if (missing.length > 0) {
    const list = missing.map((one) => `\n  ${packageLabel(one)}`).join("");
    throw new StepFailedError(`the mirror ${mirror} lacks${list}`, "wanting");
  }
  const configuration = await writeCliConfiguration(context);
  await lock(context);
  await provenWithoutRegistry(context, configuration);
  return {
    outcome: lacking.length > 0 ? "done" : "already",
    result: `${amount(wanted.length, "package")} for ${platforms.join(", ")}; the edge needs no registry`,
    details: [`before a flip: export TF_CLI_CONFIG_FILE=${configuration}`],
  };
};

/** Whether this machine may install from the mirror: it is there, and has all that the stack needs here. */
export async function isMirrored(
  { mirror, terraform }: WalkContext,
  { providers }: SynthesizedStack,
): Promise<boolean> {
  const wanted = wantedPackages(providers, [terraform.platform]);
  if (wanted.length === 0) return false;
  return (await missingPackages(mirror, registryOf(terraform.product), wanted)).length === 0;
}

/** Where the command-line configuration is. */
export function cliConfigurationFile(mirror: string): string {
  return join(dirname(mirror), "terraform.rc");
}

/** Each provider is mirrored once, with the first stack that needs it. */
export function stacksToMirror({ stacks }: SynthesizedApp): readonly SynthesizedStack[] {
  const mirrored = new Set<string>();
  return STACK_NAMES.map((name) => stacks[name]).filter(({ providers }) => {
    const labels = providers.map(({ source, version }) => `${source} ${version}`);
    const isNew = labels.some((label) => !mirrored.has(label));
    for (const label of labels) mirrored.add(label);
    return isNew;
  });
}

async function fill(context: WalkContext, host: string): Promise<void> {
  const { app, mirror, platforms, pluginFolder, commands } = context;
  await mkdir(mirror, { recursive: true });
  if (pluginFolder !== undefined) {
    await copyPackages(pluginFolder, mirror, host, wantedPackages(providersOf(app), platforms));
    return;
  }
  for (const stack of stacksToMirror(app)) {
    await showing(context, `mirror for ${stack.deployedAs}`, async (update) => {
      await runTerraform(context, "mirror", commands.mirrorProviders(stack, platforms), update);
      const sources = stack.providers.map(({ source }) => source);
      return { value: undefined, result: sources.join(", ") };
    });
  }
}

async function lock(context: WalkContext): Promise<void> {
  const { app, commands, platforms } = context;
  for (const name of STACK_NAMES) {
    const stack = app.stacks[name];
    if (stack.providers.length === 0) continue;
    await runTerraform(context, "mirror", commands.lockProviders(stack, platforms));
  }
}

/** Leaves it alone where it says the same, so that a second run changes nothing. */
async function writeCliConfiguration({ mirror, terraform, app }: WalkContext): Promise<string> {
  const file = cliConfigurationFile(mirror);
  const sources = app.stacks.edge.providers.map(({ source }) => source);
  const text = cliConfiguration(mirror, terraform.product, sources);
  if ((await readFile(file, "utf8").catch(() => "")) !== text) await writeFile(file, text);
  return file;
}

async function provenWithoutRegistry(context: WalkContext, configuration: string): Promise<void> {
  const { app, commands } = context;
  if (app.stacks.edge.providers.length === 0) return;
  const apart = await mkdtemp(join(tmpdir(), "storage-failover-mirror-"));
  try {
    await runTerraform(context, "mirror", commands.tryMirror(app.stacks.edge), undefined, {
      TF_CLI_CONFIG_FILE: configuration,
      // What is installed for real stays as it is.
      TF_DATA_DIR: apart,
      HTTPS_PROXY: NOWHERE,
      HTTP_PROXY: NOWHERE,
      https_proxy: NOWHERE,
      NO_PROXY: "",
      no_proxy: "",
    });
  } finally {
    await rm(apart, { recursive: true, force: true });
  }
}

function providersOf({ stacks }: SynthesizedApp) {
  return STACK_NAMES.flatMap((name) => stacks[name].providers);
}
