import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { STACK_NAMES } from "../../contract/stacks";
import { name as packageName, peerDependencies } from "../../package.json";
import { CheckFailure, CheckSkipped, failWith } from "./check";
import { CommandFailure, run } from "./command";
import { CONSUMER_CONFIG, consumerFiles, RESOLUTIONS } from "./consumer-files";
import type { Tarball } from "./tarball";

/** One attempt more, soon: whoever has no network shall not wait for it. */
const INSTALL = [
  ...["--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts"],
  ...["--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=2000"],
];

/** An empty project with the package and its peers, as a team would have it. */
export class Consumer {
  private readonly project: string;

  /**
   * @param root - the repository
   * @param folder - empty; not inside of the repository, whose packages would be found from there
   */
  public constructor(
    private readonly root: string,
    private readonly folder: string,
    private readonly tarball: Tarball,
  ) {
    this.project = path.join(folder, "project");
  }

  /** @throws CheckSkipped without a registry, unless everything is required */
  public async install(constructsVersion: string): Promise<string> {
    this.writeFiles(constructsVersion);
    return this.reachRegistry("install");
  }

  /** The newest version that the package allows, of the one peer whose range is wide. */
  public async update(peer: "constructs"): Promise<string> {
    this.writeFiles(peerDependencies[peer]);
    return this.reachRegistry("update", peer);
  }

  private writeFiles(constructsVersion: string): void {
    mkdirSync(path.join(this.project, "out"), { recursive: true });
    for (const [file, text] of Object.entries(consumerFiles(this.tarball.file, constructsVersion))) {
      writeFileSync(path.join(this.project, file), text);
    }
  }

  private async reachRegistry(...command: readonly string[]): Promise<string> {
    try {
      await this.npm(...command, ...INSTALL);
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      if (process.env.REQUIRE_REAL_STORES !== "1" && !(await this.registryAnswers())) {
        throw new CheckSkipped("npm reaches no registry, and has not all in its cache");
      }
      throw new CheckFailure([error.message]);
    }
    return this.installedFigure();
  }

  /** Asked only after a failure: without a registry npm may blame anything, such as versions that it could not look up. */
  private async registryAnswers(): Promise<boolean> {
    try {
      await this.npm("view", "constructs", "version", "--prefer-online", "--fetch-retries=0");
      return true;
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      return false;
    }
  }

  /** What came along beside the peers, and that the command line starts. */
  public async checkInstalled(): Promise<string> {
    failWith(
      ["esbuild", "typescript", "tsx"]
        .filter((name) => existsSync(path.join(this.project, "node_modules", name)))
        .map((name) => `${name} has been installed along, which a synth does not need`),
    );
    const help = await this.npm("exec", "--offline", "--", "storage-failover", "--help");
    const commands = [...help.matchAll(/^ {2}([a-z][\w-]*) .*$/gm)].map(([, command]) => command);
    failWith(commands.length > 3 ? [] : [`storage-failover --help names no commands:\n${help}`]);
    return `storage-failover --help names ${commands.length} commands`;
  }

  /** Strict, with the declarations of all packages checked too. */
  public async checkTypes(): Promise<string> {
    const tsc = path.join(this.root, "node_modules", "typescript", "bin", "tsc");
    for (const resolution of RESOLUTIONS) {
      await this.node(tsc, "-p", `tsconfig.${resolution}.json`);
    }
    return `strict, with ${RESOLUTIONS.join(" and ")}, all declarations checked`;
  }

  /** Every app makes the same plans as the repository, and asks nobody for it. */
  public async checkSynthesis(): Promise<string> {
    const expected = await this.repositoryPlans();
    const apps = ["app.cjs", "app.mjs", `compiled-${RESOLUTIONS[0]}/app.js`];
    for (const app of apps) {
      const outdir = path.join(this.project, "out", app.replaceAll(/\W/g, "-"));
      await this.node("--require", "./guard.cjs", app, outdir);
      failWith(differences(expected, plansIn(outdir)).map((stack) => `${app}: ${stack} differs`));
    }
    const kibibytes = [...expected.values()].reduce((sum, text) => sum + text.length, 0) / 1024;
    return `${apps.length} apps, ${expected.size} files of ${Math.round(kibibytes)} KiB, identical`;
  }

  /** From the sources, with the same configuration. */
  private async repositoryPlans(): Promise<ReadonlyMap<string, string>> {
    // Here, since the framework takes a second to load, which the other checks need not wait for.
    const { synthesizeStacks } = await import("../../stacks/synthesize.js");
    const { StateBackend } = await import("../../lib/state-backend.js");
    const outdir = path.join(this.folder, "repository");
    const config = { ...CONSUMER_CONFIG, backend: StateBackend.local() };
    synthesizeStacks({ activeProvider: "primary", config, outdir });
    return plansIn(outdir);
  }

  private installedFigure(): string {
    const version = (name: string): string =>
      JSON.parse(readFileSync(path.join(this.project, "node_modules", name, "package.json"), "utf8")).version;
    const peers = Object.keys(peerDependencies).length;
    return `${packageName} ${version(packageName)}, ${peers} peers, constructs ${version("constructs")}`;
  }

  private npm(...args: readonly string[]): Promise<string> {
    // As much as it takes to tell a fault from a missing network; an outer `npm run --silent` would hide both.
    return run("npm", ["--loglevel=error", ...args], { cwd: this.project });
  }

  private async node(...args: readonly string[]): Promise<string> {
    try {
      return await run(process.execPath, args, { cwd: this.project });
    } catch (error) {
      throw error instanceof CommandFailure ? new CheckFailure([error.message]) : error;
    }
  }
}

/** The plans. They name the function's zip by the hash of its bytes. */
function plansIn(outdir: string): ReadonlyMap<string, string> {
  return new Map(
    STACK_NAMES.map((stack) => [
      stack,
      readFileSync(path.join(outdir, "stacks", stack, "cdk.tf.json"), "utf8"),
    ]),
  );
}

function differences(expected: ReadonlyMap<string, string>, found: ReadonlyMap<string, string>) {
  return [...expected].filter(([stack, text]) => found.get(stack) !== text).map(([stack]) => stack);
}

/** The least that a caret range allows, which is what it is written with. */
export function lowestOf(range: string): string {
  return range.replace(/^\^/, "");
}
