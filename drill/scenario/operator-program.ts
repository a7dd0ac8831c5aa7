import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { build } from "esbuild";
import type { OperatorRan } from "../evidence/events";
import type { Cleanup } from "../stage/cleanup";

const REPOSITORY = join(__dirname, "..", "..");

/** What the operator's shell has, beside what every process has. */
export interface OperatorSurroundings {
  /** Makes a project for a person, and gives its folder: everybody works at a machine of their own. */
  readonly projectOf: (person: string) => Promise<string>;
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: () => number;
  /** Seconds of the real deployment that pass in one second here: commands do not know of it. */
  readonly speed: number;
  readonly emit: (event: OperatorRan) => void;
  readonly signal: AbortSignal;
}

/** What a command came to. */
export interface OperatorRun {
  readonly event: OperatorRan;
  /** Both streams. */
  readonly output: string;
}

/** The real command line, as one file that starts in a moment. */
export async function bundleOperatorProgram(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const outfile = join(folder, "storage-failover.js");
  await build({
    absWorkingDir: REPOSITORY,
    entryPoints: [join("cli", "packaged-main.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: `node${process.versions.node}`,
    // Operators draw nothing.
    external: ["echarts"],
    logLevel: "error",
  });
  return outfile;
}

/** People at their terminals, who run commands one after the other or at once. */
export class OperatorProgram {
  private readonly running = new Set<() => void>();
  private readonly projects = new Map<string, Promise<string>>();
  private readonly outputs: string[] = [];

  constructor(
    private readonly program: string,
    private readonly surroundings: OperatorSurroundings,
    cleanup: Cleanup,
  ) {
    cleanup.add(() => {
      for (const kill of this.running) kill();
    });
  }

  /** Of everybody who ran a command. */
  public projectFolders(): Promise<readonly string[]> {
    return Promise.all(this.projects.values());
  }

  /** All that commands printed. */
  public get printed(): string {
    return this.outputs.join("\n");
  }

  /** Rejects only when the process cannot be started. */
  public async run(person: string, command: readonly string[]): Promise<OperatorRun> {
    const { projectOf, environment, clock, speed, emit, signal } = this.surroundings;
    signal.throwIfAborted();
    const project = this.projects.get(person) ?? projectOf(person);
    this.projects.set(person, project);
    const folder = await project;
    const at = clock();
    const child = spawn(process.execPath, [this.program, ...command], {
      cwd: folder,
      env: { ...ownEnvironment(), ...environment, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const kill = () => void child.kill("SIGKILL");
    this.running.add(kill);
    // A command may last for minutes; whoever ends the drill does not wait for it.
    signal.addEventListener("abort", kill, { once: true });
    const exit = new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", resolve);
    });
    const [exitCode, out, err] = await Promise.all([exit, text(child.stdout), text(child.stderr)]).finally(
      () => {
        this.running.delete(kill);
        signal.removeEventListener("abort", kill);
      },
    );
    const event: OperatorRan = { type: "operator", at, end: clock(), command, exitCode, ...said(out, speed) };
    emit(event);
    const output = `${out}${err}`;
    this.outputs.push(output);
    return { event, output };
  }
}

/** Of this process's own environment: nothing that names a cloud or a person. */
function ownEnvironment(): Record<string, string> {
  return Object.fromEntries(
    ["PATH", "HOME", "TMPDIR", "TEMP", "SYSTEMROOT", "LANG"].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** What a command says of itself with `--json`. */
function said(out: string, speed: number): Pick<OperatorRan, "outcome" | "reasons" | "exposureSeconds"> {
  const value = parsed(out);
  if (typeof value !== "object" || value === null) return {};
  const outcome = Reflect.get(value, "outcome");
  const reasons = Reflect.get(value, "reasons");
  const exposed = exposedSince(Reflect.get(value, "exposure"));
  return {
    ...(typeof outcome === "string" && { outcome }),
    ...(Array.isArray(reasons) && { reasons: reasons.map(sentence) }),
    // It speaks of the time when it looked; writers went on until it was done.
    ...(exposed !== undefined && { exposureSeconds: ((Date.now() - exposed) / 1000) * speed }),
  };
}

function exposedSince(exposure: unknown): number | undefined {
  const since: unknown =
    typeof exposure === "object" && exposure !== null ? Reflect.get(exposure, "since") : undefined;
  return typeof since === "string" ? Date.parse(since) : undefined;
}

function sentence(reason: unknown): string {
  if (typeof reason === "object" && reason !== null && "reason" in reason) return String(reason.reason);
  return typeof reason === "string" ? reason : JSON.stringify(reason);
}

function parsed(out: string): unknown {
  try {
    return JSON.parse(out);
  } catch {
    return undefined;
  }
}

/** The operator's project: the toggle, and the plans of the value that is deployed. */
export async function makeProject(folder: string, files: Readonly<Record<string, unknown>>): Promise<string> {
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, name);
    await mkdir(join(file, ".."), { recursive: true });
    await writeFile(file, `${JSON.stringify(content, null, 2)}\n`);
  }
  return folder;
}
