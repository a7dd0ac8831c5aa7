import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { STACK_NAMES, type StackName } from "../../contract/stacks";
import { errorCode } from "../../drill/machine/caught-error";
import { WrongUseError } from "../wrong-use-error";
import { isRecord, type JsonObject, member, textAt } from "./json";
import { type RequiredProvider, requiredProviders } from "./required-providers";
import { type StatePlace, statePlace } from "./state-place";

/** One stack as the app wrote it. */
export interface SynthesizedStack {
  readonly name: StackName;
  /** Where Terraform runs, relative to the output folder. */
  readonly workingDirectory: string;
  readonly json: JsonObject;
  readonly state: StatePlace;
  readonly providers: readonly RequiredProvider[];
}

export interface SynthesizedApp {
  readonly stacks: Readonly<Record<StackName, SynthesizedStack>>;
  /** Annotations that the app left for whoever deploys. */
  readonly warnings: readonly string[];
}

/**
 * Reads what an app wrote, and finds the four stacks by their names.
 *
 * @throws WrongUseError when a stack is missing
 */
export async function readSynthesizedApp(outputFolder: string): Promise<SynthesizedApp> {
  const manifest = await readJson(join(outputFolder, "manifest.json"));
  const written = member(manifest, "stacks");
  const missing = STACK_NAMES.filter((name) => !(name in written));
  if (missing.length > 0) {
    throw new WrongUseError(
      `the app has no stack called ${missing.join(", ")}; it has: ${Object.keys(written).join(", ") || "none"}. ` +
        "bootstrap deploys what StorageFailover makes",
    );
  }
  const read = (name: StackName) => readStack(outputFolder, name, member(written, name));
  const [primary, secondary, replication, edge] = await Promise.all([
    read("primary"),
    read("secondary"),
    read("replication"),
    read("edge"),
  ]);
  return {
    stacks: { primary, secondary, replication, edge },
    warnings: STACK_NAMES.flatMap((name) => warningsOf(member(written, name))),
  };
}

/** The host name that readers use. */
export function publicHostname({ stacks }: SynthesizedApp): string | undefined {
  return textAt(stacks.edge.json, "output", "hostname", "value");
}

/** Whether the secondary is a droplet of ours, and not a server that somebody else runs. */
export function hasDroplet({ stacks }: SynthesizedApp): boolean {
  return Object.keys(member(stacks.secondary.json, "resource", "digitalocean_droplet")).length > 0;
}

/** Host name of the droplet, as its address record says. */
export function originHost({ stacks }: SynthesizedApp): string | undefined {
  const records = Object.values(member(stacks.secondary.json, "resource", "cloudflare_dns_record"));
  return textAt(
    records.find((one) => textAt(one, "type") === "A"),
    "name",
  );
}

/** Whether the stores serve only readers who send a secret. */
export function hasOriginSecret({ stacks }: SynthesizedApp): boolean {
  return "origin_secret" in member(stacks.edge.json, "variable");
}

/** AWS region of the replicator, where its secret is; undefined where the environment says it. */
export function replicationRegion({ stacks }: SynthesizedApp): string | undefined {
  return textAt(stacks.replication.json, "provider", "aws", "region");
}

/** Whether a stack has anything to create: one over a server that exists may be empty. */
export function isEmpty({ json }: SynthesizedStack): boolean {
  return Object.keys(member(json, "resource")).length === 0;
}

async function readStack(
  outputFolder: string,
  name: StackName,
  entry: JsonObject,
): Promise<SynthesizedStack> {
  const path = textAt(entry, "synthesizedStackPath") ?? join("stacks", name, "cdk.tf.json");
  const workingDirectory = textAt(entry, "workingDirectory") ?? join("stacks", name);
  const json = await readJson(join(outputFolder, path));
  return { name, workingDirectory, json, state: statePlace(json), providers: requiredProviders(json) };
}

function warningsOf(entry: JsonObject): readonly string[] {
  const annotations = Array.isArray(entry.annotations) ? entry.annotations.filter(isRecord) : [];
  return annotations
    .filter(({ level }) => String(level).includes("warn"))
    .map((one) => textAt(one, "message") ?? "");
}

async function readJson(file: string): Promise<JsonObject> {
  try {
    const value: unknown = JSON.parse(await readFile(file, "utf8"));
    return isRecord(value) ? value : {};
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
    throw new WrongUseError(
      `the app wrote no ${file}; it has to end with app.synth(), and to leave the folder to CDKTF_OUTDIR`,
    );
  }
}
