#!/usr/bin/env node
/**
 * Stands for Terraform: takes the commands that bootstrap uses, notes each, and keeps a stack's state as the list of
 * its resources. The folder STAND_IN_TERRAFORM holds all of it: `calls.jsonl`, `<stack>.state.json`, and `orders.json`,
 * by which a test tells it to fail or to hang.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

const home = process.env.STAND_IN_TERRAFORM;
const [first = "", ...others] = process.argv.slice(2);
const folder = first.startsWith("-chdir=") ? first.slice("-chdir=".length) : process.cwd();
const words = first.startsWith("-chdir=") ? others : [first, ...others];
const stack = basename(folder);
const command = words[0] === "providers" ? `providers ${words[1]}` : words[0];

note({ stack, command, words });

const orders = readJson(join(home, "orders.json"), {});
const order = orders[`${command} ${stack}`];
if (order === "fail") end(1, `Error: ${command} was told to fail`);
else if (order === "hang") hang(0);
else if (order === "stop slowly") hang(2_000);
else run();

function run() {
  const commands = {
    version: () => console.log(`${orders.version ?? "Terraform v1.11.4"}\non linux_amd64`),
    init,
    plan,
    show: () => console.log(readFileSync(words.at(-1), "utf8")),
    apply,
    "providers mirror": mirror,
    "providers lock": () => writeFileSync(join(folder, ".terraform.lock.hcl"), "# locked\n"),
  };
  const known = commands[command];
  if (known === undefined) end(1, `Error: this stand-in knows no ${command}`);
  else known();
}

/** Providers come from a mirror, or from the registry, which does not answer through a proxy that is not there. */
function init() {
  const given = option("-plugin-dir") ?? mirrorOf(process.env.TF_CLI_CONFIG_FILE);
  const blocked = process.env.HTTPS_PROXY !== undefined;
  for (const [name, { source = name, version }] of Object.entries(required())) {
    const path = source.includes("/") ? source : `hashicorp/${source}`;
    const zip = join(
      given ?? "",
      "registry.terraform.io",
      path,
      `terraform-provider-${path.split("/")[1]}_${version}_linux_amd64.zip`,
    );
    const there = given !== undefined && existsSync(zip);
    if (!there && (blocked || given !== undefined))
      end(1, `Error: Failed to query available provider packages: ${path}`);
  }
  console.log("Terraform has been successfully initialized!");
}

function plan() {
  const before = new Map(readJson(stateFile(), []));
  const after = new Map(resources());
  const changes = [...after].flatMap(([address, text]) => {
    if (!before.has(address)) return [change(address, ["create"])];
    return before.get(address) === text ? [] : [change(address, ["update"])];
  });
  const gone = [...before.keys()].filter((address) => !after.has(address));
  const file = option("-out");
  const resource_changes = [...changes, ...gone.map((address) => change(address, ["delete"]))];
  writeFileSync(file, JSON.stringify({ resource_changes, output_changes: {}, after: [...after] }));
  console.log("Saved the plan");
}

function apply() {
  const { after } = JSON.parse(readFileSync(words.at(-1), "utf8"));
  writeFileSync(stateFile(), JSON.stringify(after));
  console.log("Apply complete!");
}

function mirror() {
  const target = words.at(-1);
  const platforms = words.filter((word) => word.startsWith("-platform=")).map((word) => word.split("=")[1]);
  for (const [name, { source = name, version }] of Object.entries(required())) {
    const path = source.includes("/") ? source : `hashicorp/${source}`;
    mkdirSync(join(target, "registry.terraform.io", path), { recursive: true });
    for (const platform of platforms) {
      const zip = `terraform-provider-${path.split("/")[1]}_${version}_${platform}.zip`;
      writeFileSync(join(target, "registry.terraform.io", path, zip), "stands for a package");
    }
  }
}

function note(call) {
  appendFileSync(join(home, "calls.jsonl"), `${JSON.stringify(call)}\n`);
}

/** Until it is interrupted, as Terraform is: it ends what it has begun, and says that it did not succeed. */
function hang(milliseconds) {
  const alive = setInterval(() => {}, 1000);
  process.on("SIGINT", () => {
    note({ stack, command: "interrupted" });
    console.log("Interrupt received. Gracefully shutting down...");
    setTimeout(() => {
      note({ stack, command: "stopped" });
      clearInterval(alive);
      process.exitCode = 1;
    }, milliseconds);
  });
  note({ stack, command: "hanging" });
}

function resources() {
  return Object.entries(synthesized().resource ?? {}).flatMap(([type, named]) =>
    Object.entries(named).map(([name, value]) => [`${type}.${name}`, JSON.stringify(value)]),
  );
}

function required() {
  return synthesized().terraform?.required_providers ?? {};
}

function synthesized() {
  return readJson(join(folder, "cdk.tf.json"), {});
}

function stateFile() {
  return join(home, `${stack}.state.json`);
}

function change(address, actions) {
  return { address, change: { actions } };
}

function option(name) {
  return words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
}

function mirrorOf(file) {
  return file && /path = "([^"]+)"/.exec(readFileSync(file, "utf8"))?.[1];
}

function readJson(file, otherwise) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : otherwise;
}

function end(code, message) {
  console.error(message);
  process.exit(code);
}
