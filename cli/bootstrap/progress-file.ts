import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errorCode } from "../../drill/machine/caught-error";
import { isObject, member } from "../../operate/runbook/plan-walk";
import { WrongUseError } from "../wrong-use-error";
import { STEP_IDS, type StepId } from "./steps";

const FORMAT = 1;

const STATES = ["begun", "done", "failed", "interrupted"] as const;

/** How a step ended when it was last run. */
export interface StepRecord {
  readonly state: (typeof STATES)[number];
  /** ISO 8601. */
  readonly at: string;
  /** The first line of what it came to. */
  readonly result: string;
}

export type Recorded = Partial<Record<StepId, StepRecord>>;

const RECORD = /^bootstrap(?:-(.+))?\.json$/;

/** Of the record, without its ending; logs begin with it too. Each set of stacks has its own. */
export function recordName(stackPrefix: string): string {
  return stackPrefix === "" ? "bootstrap" : `bootstrap-${stackPrefix}`;
}

/** Prefixes of the sets of stacks of which there is a record, sorted; an empty text for one without a prefix. */
export async function recordedPrefixes(folder: string): Promise<readonly string[]> {
  try {
    const files = await readdir(folder);
    return files.flatMap((name) => RECORD.exec(name)?.map((part) => part ?? "")[1] ?? []).sort();
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}

/**
 * What bootstrap did here before. It tells a person where things stand and lets a step look less closely at what it
 * has made itself; no step is skipped because of it. There is no secret in it.
 */
export class ProgressFile {
  private steps: Recorded;

  private constructor(
    private readonly file: string,
    private readonly before: Recorded,
  ) {
    this.steps = before;
  }

  /**
   * @param folder - of everything that bootstrap keeps
   * @throws WrongUseError when the file is of a newer version, or broken
   */
  public static async open(folder: string, stackPrefix: string): Promise<ProgressFile> {
    const file = join(folder, `${recordName(stackPrefix)}.json`);
    return new ProgressFile(file, await readRecorded(file));
  }

  public get recorded(): Recorded {
    return this.steps;
  }

  /** Whether it was done before this run. */
  public wasDone(step: StepId): boolean {
    return this.before[step]?.state === "done";
  }

  /** Whole at every moment: a reader, or the next run, finds the old file or the new one. */
  public async note(step: StepId, state: StepRecord["state"], result = ""): Promise<void> {
    const [line = ""] = result.split("\n");
    this.steps = { ...this.steps, [step]: { state, at: new Date().toISOString(), result: line } };
    const folder = dirname(this.file);
    // A plan that waits here may hold secret values.
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // Logs, plans and plugins are of this machine only, whatever the project ignores.
    await writeFile(join(folder, ".gitignore"), "*\n");
    const beside = `${this.file}.new`;
    await writeFile(beside, `${JSON.stringify({ format: FORMAT, steps: this.steps }, null, 2)}\n`);
    await rename(beside, this.file);
  }
}

async function readRecorded(file: string): Promise<Recorded> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return {};
    throw new WrongUseError(`${file} cannot be read; remove it, and every step is looked at anew`, {
      cause: error,
    });
  }
  if (!isObject(content) || content.format !== FORMAT) {
    throw new WrongUseError(
      `${file} was written by another version; remove it, and every step is looked at anew`,
    );
  }
  const steps = member(content, "steps");
  const entries = STEP_IDS.map((id) => [id, record(member(steps, id))] as const);
  return Object.fromEntries(entries.filter(([, one]) => one !== undefined));
}

function record({ state, at, result }: Readonly<Record<string, unknown>>): StepRecord | undefined {
  const known = STATES.find((one) => one === state);
  return known && { state: known, at: String(at), result: String(result) };
}
