import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { PassThrough } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { asking } from "../../cli/bootstrap/ask";
import { type BootstrapRequest, bootstrap } from "../../cli/bootstrap/bootstrap";
import { STEP_IDS } from "../../cli/bootstrap/steps";
import type { WalkProgress } from "../../cli/bootstrap/walk-context";
import { InterruptedError } from "../../cli/interruptible";
import { runCommand, startCommand } from "../support/command-line";
import { FirstDeployment, STATE_BUCKET } from "../support/stand-in-terraform/first-deployment";

let world: FirstDeployment;
let printed: string;
let complained: string;
const own = { ...process.env };

beforeAll(async () => {
  world = await FirstDeployment.start();
});

afterAll(() => world.stop());

beforeEach(() => {
  world.reset();
  // The AWS SDK's chain looks at this process alone.
  process.env.AWS_ACCESS_KEY_ID = "id";
  process.env.AWS_SECRET_ACCESS_KEY = "stands for a secret";
  printed = "";
  complained = "";
  jest.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  jest.spyOn(process.stderr, "write").mockImplementation((text) => {
    complained += String(text);
    return true;
  });
});

afterEach(() => {
  jest.restoreAllMocks();
  process.env = { ...own };
});

function run(
  given: Partial<BootstrapRequest> = {},
  signal: AbortSignal = new AbortController().signal,
  environment = world.environment(),
): Promise<number> {
  const request = { project: world.project, wait: 0.1, yes: true, enrollWords: [], ...given } as const;
  return bootstrap(request, { ...world.surroundings, environment }, progress(), signal);
}

/** Plain lines, as in a pipe. */
function progress(): WalkProgress {
  return {
    work: (name) => ({
      update: () => {},
      done: (result) => {
        printed += `${name}: ${result}\n`;
      },
      fail: () => {},
    }),
    done: (title, result, details) => {
      printed += `${[`${title} ${result}`, ...details].join("\n")}\n`;
    },
  };
}

function recorded(): Record<string, { state: string; result: string }> {
  return JSON.parse(readFileSync(join(world.project, ".storage-failover", "bootstrap.json"), "utf8")).steps;
}

/** Every file below a folder with what it weighs and when it was written. */
function everything(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => [name, statSync(join(folder, name))] as const)
    .map(([name, { size, mtimeMs }]) => `${name} ${size} ${mtimeMs}`)
    .sort();
}

const applied = () => world.calls("apply").map(({ stack }) => stack);

describe("bootstrap", () => {
  it("deploys everything in the order that works, proves it, and does nothing the second time", async () => {
    const token = "canary-1f0c";
    const environment = world.environment({ DIGITALOCEAN_TOKEN: token, CLOUDFLARE_API_TOKEN: token });
    const enrollWords = ["--host-key", "SHA256:x"];
    expect(await run({ dryRun: true, enrollWords })).toBe(0);
    const shown = stripVTControlCharacters(printed)
      .split("\n")
      .filter((line) => line.includes("-chdir="));
    world.forgetCalls();

    expect(await run({ enrollWords }, undefined, environment)).toBe(0);

    expect(applied()).toEqual(["secondary", "primary", "replication", "edge"]);
    const asked = world.calls().filter(({ command }) => command !== "version");
    expect(shown.map((line) => line.replace(/^.*-chdir=\S*(\/\w+ )/, "$1"))).toEqual(
      asked.map(({ stack, words = [] }) => `/${stack} ${words.join(" ")}`),
    );
    expect(world.stateRequests.slice(0, 2)).toEqual([`HEAD /${STATE_BUCKET}`, `PUT /${STATE_BUCKET}`]);
    const output = join(world.project, "cdktf.out");
    expect(world.enrollCalls()).toEqual([["enroll", "--synthesized", output, ...enrollWords]]);
    expect(Object.entries(recorded()).map(([step, { state }]) => [step, state])).toEqual(
      STEP_IDS.map((step) => [step, "done"]),
    );
    expect(printed).toContain("both stores answer, the marker says primary");
    expect(printed).toContain("readers of assets.shop.test are served by primary");

    // No token in what is left behind, and no plan, which may hold any value.
    const folder = join(world.project, ".storage-failover");
    const left = readdirSync(folder).filter((name) => name !== "plugins");
    expect(left.filter((name) => name.endsWith(".tfplan"))).toEqual([]);
    expect(left.length).toBeGreaterThan(5);
    for (const name of left) expect(readFileSync(join(folder, name), "utf8")).not.toContain(token);
    expect(readFileSync(join(folder, ".gitignore"), "utf8")).toBe("*\n");

    world.forgetCalls();
    printed = "";
    expect(await run({ json: true })).toBe(0);

    expect(applied()).toEqual([]);
    expect(world.calls("providers mirror")).toEqual([]);
    expect(world.enrollCalls()).toHaveLength(1);
    // What this machine has deployed is compared with its state alone.
    expect(world.calls("plan").every(({ words }) => words?.includes("-refresh=false"))).toBe(true);
    expect(world.calls("plan")).toHaveLength(4);
    const { passed, steps } = JSON.parse(printed.slice(printed.indexOf("{")));
    expect(passed).toBe(true);
    expect(steps.map(({ step, outcome }: Record<string, string>) => `${step} ${outcome}`)).toEqual([
      "checks done",
      "synthesize done",
      ...STEP_IDS.slice(2, -1).map((step) => `${step} already`),
      "proof done",
    ]);
  });

  it("installs from its mirror, and lets the edge do so only when the registry does not answer", async () => {
    expect(await run({ platform: ["darwin_arm64"], only: "mirror" })).toBe(0);

    const own = join(world.project, ".storage-failover");
    const cloudflare = join(own, "plugins", "registry.terraform.io", "cloudflare", "cloudflare");
    expect(readdirSync(cloudflare).map((name) => name.replace(/^.*?_\d+\.\d+\.\d+_/, ""))).toEqual([
      "darwin_arm64.zip",
      "linux_amd64.zip",
    ]);
    expect(readFileSync(join(own, "terraform.rc"), "utf8")).toContain(
      `exclude = ["registry.terraform.io/cloudflare/cloudflare"]`,
    );
    expect(printed).toContain(`export TF_CLI_CONFIG_FILE=${join(own, "terraform.rc")}`);
    expect(world.calls("init").map(({ stack, words }) => [stack, words?.includes("-backend=false")])).toEqual(
      [["edge", true]],
    );
    expect(world.calls("providers lock")).toHaveLength(4);
    expect(world.calls("providers mirror").map(({ stack }) => stack)).toEqual(["primary", "secondary"]);
  });

  it("fills its mirror from another one, and names what that lacks", async () => {
    const other = join(world.project, "other");
    expect(await run({ mirror: other, only: "mirror" })).toBe(0);
    world.forgetCalls();

    expect(await run({ pluginDir: other, only: "mirror" })).toBe(0);
    expect(world.calls("providers mirror")).toEqual([]);

    expect(await run({ pluginDir: other, platform: ["linux_arm64"], only: "mirror" })).toBe(1);
    expect(complained).toMatch(/lacks\n +hashicorp\/aws \d+\.\d+\.\d+ linux_arm64/);
  });

  it("stops at a step that fails, says why and where the log is, and goes on from there", async () => {
    world.order({ "apply primary": "fail" });
    expect(await run({ from: "enroll" })).toBe(3);

    expect(complained).toMatch(
      /stopped at primary: error: \S+ apply ended with status 1\n {2}Error: apply was told to fail\n/,
    );
    expect(complained).toContain(".storage-failover/bootstrap-primary.log");
    expect(recorded().primary?.state).toBe("failed");
    expect(recorded().replication).toBeUndefined();

    world.order({});
    world.forgetCalls();
    expect(await run({ from: "enroll" })).toBe(0);
    expect(applied()).toEqual(["primary", "replication", "edge"]);
    expect(world.enrollCalls()).toHaveLength(1);
  });

  it("hands Terraform one interrupt, waits for it, and goes on from there", async () => {
    world.order({ "apply secondary": "hang" });
    const controller = new AbortController();
    const ended = run({ from: "secondary" }, controller.signal);
    while (world.calls("hanging").length === 0) await delay(20);
    controller.abort(new InterruptedError("interrupted"));

    expect(await ended).toBe(130);
    expect(world.calls("interrupted")).toHaveLength(1);
    expect(recorded().secondary?.state).toBe("interrupted");
    expect(complained).toContain("the same command goes on from there");

    world.order({});
    world.forgetCalls();
    expect(await run({ only: "secondary" })).toBe(0);
    expect(applied()).toEqual(["secondary"]);
  });

  it("changes nothing at all in a dry run, and shows what it would run", async () => {
    const before = everything(world.project);
    expect(await run({ dryRun: true })).toBe(0);

    expect(everything(world.project)).toEqual(before);
    expect(world.calls().map(({ command }) => command)).toEqual(["version"]);
    expect(world.stateRequests).toEqual([]);
    expect(printed).toMatch(/providers mirror .*-out=.*edge.*tfplan.*nothing was changed/s);
    expect(complained).toBe("");
  });

  it("does what --only and --from name, after the checks", async () => {
    expect(await run({ only: "primary" })).toBe(0);
    expect(applied()).toEqual(["primary"]);
    expect(await run({ from: "edge", wait: 0.002 })).toBe(3);
    expect(applied()).toEqual(["primary", "edge"]);
    // Without a key pair in the secret there is no proof.
    expect(complained).toContain("stopped at proof");
  });

  it("asks which stacks are meant where the app has several sets, and keeps a record of each", async () => {
    world.setPrefixes(["images", "videos"]);
    const several = /several.*--stack-prefix: images, videos/;
    await expect(run()).rejects.toThrow(several);
    await expect(run({ stackPrefix: "music" })).rejects.toThrow('--stack-prefix "music": the app has no');
    expect(world.calls("apply")).toEqual([]);

    expect(await run({ stackPrefix: "images" })).toBe(0);
    expect(applied()).toEqual(["images-secondary", "images-primary", "images-replication", "images-edge"]);
    expect(world.enrollCalls().map((words) => words.slice(-2))).toEqual([["--stack-prefix", "images"]]);
    expect(printed).toContain("images-edge: plan:");
    expect(printed).toContain("storage-failover doctor --stack-prefix images");

    world.forgetCalls();
    expect(await run({ stackPrefix: "videos", from: "primary" })).toBe(0);
    expect(applied()).toEqual(["videos-primary", "videos-replication", "videos-edge"]);
    // What was done for the others says nothing of these.
    expect(world.calls("plan").some(({ words }) => words?.includes("-refresh=false"))).toBe(false);

    await expect(run({ status: true })).rejects.toThrow("several sets of stacks were deployed from here");
    expect(await run({ status: true, stackPrefix: "images" })).toBe(0);
    expect(await run({ status: true, stackPrefix: "videos" })).toBe(1);
    expect(readdirSync(join(world.project, ".storage-failover"))).toContain("bootstrap-videos-edge.log");
  });

  it("finds the only set of stacks by itself, whatever its prefix", async () => {
    world.setPrefixes(["images"]);

    expect(await run({ dryRun: true })).toBe(0);
    expect(printed).toMatch(/-chdir=\S*images-edge plan/);
    expect(printed).not.toContain("--stack-prefix");
    expect(await run({ only: "replication" })).toBe(0);
    expect(applied()).toEqual(["images-replication"]);
    printed = "";
    expect(await run({ status: true })).toBe(1);
    expect(printed).toMatch(/replication +done/);
  });

  it("refuses a step that is named without its option, before anything", async () => {
    await expect(run({ enrollWords: ["edge"] })).rejects.toThrow('"edge" is no option of enroll');
    expect(world.calls()).toEqual([]);
  });

  it("refuses a plan that destroys, unless that is allowed", async () => {
    expect(await run({ only: "edge" })).toBe(0);
    world.dropFromApp("edge", "cloudflare_ruleset");
    world.forgetCalls();

    expect(await run({ only: "edge" })).toBe(1);
    expect(complained).toMatch(/the plan destroys cloudflare_ruleset\..*\n.*--allow-destroy/);
    expect(applied()).toEqual([]);

    expect(await run({ only: "edge", allowDestroy: true })).toBe(0);
    expect(applied()).toEqual(["edge"]);
  });

  it("asks before what costs something, so that without a person and --yes nothing is made", async () => {
    expect(await run({ yes: undefined })).toBe(1);

    expect(complained).toMatch(/create the bucket .* refused\n.*nobody is here to agree/s);
    expect(world.stateRequests).toEqual([`HEAD /${STATE_BUCKET}`]);
    expect(world.calls("apply")).toEqual([]);
  });

  it("goes no further when the state's bucket is somebody else's", async () => {
    world.stateBucket = "forbidden";

    expect(await run()).toBe(1);
    expect(complained).toContain("it is somebody else's, or the key pair may not do this");
    expect(world.calls("init")).toEqual([]);
  });

  it("says what to look at on the droplet when it does not answer in time", async () => {
    world.reachable = false;

    expect(await run({ only: "secondary", wait: 0.002 })).toBe(3);
    expect(complained).toContain("https://assets-standby.shop.test did not answer");
    expect(complained).toContain("journalctl -u storage-failover-provision");
    expect(world.deployed("secondary")).toBeGreaterThan(5);
  });

  it("prints one object with --json, and nothing else", async () => {
    expect(await run({ json: true, dryRun: true })).toBe(0);
    expect(JSON.parse(printed)).toMatchObject({ dryRun: true, problems: [] });

    expect(await run({ only: "checks" })).toBe(0);
    printed = "";
    expect(await run({ json: true, status: true })).toBe(1);
    expect(JSON.parse(printed).steps.slice(0, 2)).toMatchObject([
      { step: "checks", state: "done" },
      { step: "synthesize" },
    ]);
  });

  it("shows a status before it ever ran, and refuses a record that it does not understand", async () => {
    expect(await run({ status: true })).toBe(1);
    expect(printed.match(/not yet/g)).toHaveLength(STEP_IDS.length);
    expect(existsSync(join(world.project, ".storage-failover"))).toBe(false);

    expect(await run({ only: "checks" })).toBe(0);
    writeFileSync(join(world.project, ".storage-failover", "bootstrap.json"), '{"format":99}');
    await expect(run({ status: true })).rejects.toThrow("another version; remove it");
  });
});

describe("the question before what costs something", () => {
  it.each([
    ["y", undefined],
    ["yes", undefined],
    ["", "it was not agreed to"],
    ["no", "it was not agreed to"],
  ])("answered with %j", async (typed, refusal) => {
    const input = Object.assign(new PassThrough(), { isTTY: true });
    const asked = asking(false, new AbortController().signal, input)("primary: 9 to add", "It is billed.");
    input.write(`${typed}\n`);
    if (refusal === undefined) await asked;
    else await expect(asked).rejects.toThrow(refusal);
    expect(complained).toContain("primary: 9 to add\n   It is billed.\n   Go on? [y/N]");
  });
});

describe("the command", () => {
  /** An app as a team has it: TypeScript, with the library, run by its own command. */
  function writeRealApp(): void {
    const lib = resolve("lib");
    writeFileSync(
      join(world.project, "main.ts"),
      `import { App } from ${JSON.stringify(resolve("node_modules/cdktf"))};
       import { StateBackend } from "${lib}/state-backend";
       import { StorageFailover } from "${lib}/storage-failover";
       const app = new App();
       const activeProvider = app.node.tryGetContext("activeProvider");
       new StorageFailover(app, "shop", {
         activeProvider, stackNamePrefix: "shop", hostname: "assets.shop.test", zoneName: "shop.test",
         zoneId: "0123456789abcdef0123456789abcdef", accountId: "fedcba9876543210fedcba9876543210",
         primary: { bucketName: "shop-assets", region: "eu-central-1" },
         secondary: {
           bucketName: "shop-standby", originHost: "standby.shop.test", region: "fra1", volumeGiB: 10, sshKeyIds: ["7"],
         },
         replication: { assetPath: ${JSON.stringify(join(world.project, "app.cjs"))} },
         backend: StateBackend.local(),
       });
       app.synth();`,
    );
    const tsx = pathToFileURL(require.resolve("tsx")).href;
    const settings = { app: `node --import ${tsx} main.ts`, context: { activeProvider: "secondary" } };
    writeFileSync(join(world.project, "cdktf.json"), JSON.stringify({ ...settings, output: "synthesized" }));
  }

  const variables = (): Record<string, string> => ({
    ...Object.fromEntries(
      Object.entries(world.environment()).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      ),
    ),
    AWS_ACCESS_KEY_ID: "id",
    AWS_SECRET_ACCESS_KEY: "stands for a secret",
  });

  it("runs a team's own app; at the second Ctrl-C it leaves, and Terraform stops as it has to, alone", async () => {
    writeRealApp();
    world.order({ "apply shop-primary": "stop slowly" });
    const words = ["bootstrap", "--project", world.project, "--only", "primary", "--yes"];
    const started = startCommand(words, variables());
    while (world.calls("hanging").length === 0) await delay(50);
    started.process.kill("SIGINT");
    while (world.calls("interrupted").length === 0) await delay(50);
    started.process.kill("SIGINT");
    const { code, error } = await started.end;
    expect(world.calls("stopped")).toEqual([]);
    while (world.calls("stopped").length === 0) await delay(50);

    expect({ code, error }).toMatchObject({
      code: 130,
      error: expect.stringContaining("Terraform ends what it has begun"),
    });
    expect(world.calls("interrupted")).toHaveLength(1);
    const edge = JSON.parse(
      readFileSync(join(world.project, "synthesized/stacks/shop-edge/cdk.tf.json"), "utf8"),
    );
    expect(edge.output.active_store.value).toBe("secondary");
  });

  it("says what is missing, all at once, and what an app lacks", async () => {
    const { STAND_IN_TERRAFORM = "", PATH = "" } = variables();
    const bare = { STAND_IN_TERRAFORM, PATH, TERRAFORM_BINARY_NAME: "/nonexistent/terraform" };
    const first = await runCommand(["bootstrap", "--project", world.project], bare);
    expect(first.code).toBe(1);
    expect(first.error).toMatch(
      /bootstrap refused.*Terraform.*AWS.*DIGITALOCEAN_TOKEN.*CLOUDFLARE_API_TOKEN/s,
    );
    expect(readdirSync(world.project).sort()).toEqual(["app.cjs", "cdktf.json"]);

    writeFileSync(join(world.project, "cdktf.json"), '{"app": "echo no luck >&2; exit 7"}');
    const second = await runCommand(["bootstrap", "--project", world.project], variables());
    expect(second).toMatchObject({
      code: 1,
      error: expect.stringMatching(/ended with status 7\n.*no luck/s),
    });

    rmSync(join(world.project, "cdktf.json"));
    const third = await runCommand(["bootstrap", "--project", world.project], variables());
    expect(third).toMatchObject({ code: 2, error: expect.stringContaining("there is no") });
  });
});
