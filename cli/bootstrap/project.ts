import { readFile } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { errorCode } from "../../drill/machine/caught-error";
import { isObject, member } from "../../operate/runbook/plan-walk";
import { WrongUseError } from "../wrong-use-error";

/** Where bootstrap keeps what it writes, beside `cdktf.json`. */
const OWN_FOLDER = ".storage-failover";

/** A folder with a CDKTF app, as its `cdktf.json` describes it. */
export interface Project {
  readonly folder: string;
  /** Run by a shell, as the CDKTF CLI runs it. */
  readonly appCommand: string;
  /** Where the CDKTF CLI would write. */
  readonly outputFolder: string;
  readonly context: Readonly<Record<string, unknown>>;
  /** For progress, logs, plans, and the plugin mirror. */
  readonly ownFolder: string;
}

/** @throws WrongUseError when the folder holds no CDKTF app */
export async function readProject(folder: string): Promise<Project> {
  const file = join(folder, "cdktf.json");
  const settings = parsed(await readText(file), file);
  if (!isObject(settings)) throw new WrongUseError(`${file} holds no JSON object`);
  const { app, output = "cdktf.out" } = settings;
  if (typeof app !== "string" || app.trim() === "") {
    throw new WrongUseError(`${file} names no "app": the command that synthesizes, as in "npx tsx main.ts"`);
  }
  if (typeof output !== "string") throw new WrongUseError(`${file}: "output" is no folder`);
  return {
    folder: resolve(folder),
    appCommand: app,
    outputFolder: isAbsolute(output) ? output : resolve(folder, output),
    context: member(settings, "context"),
    ownFolder: resolve(folder, OWN_FOLDER),
  };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
    throw new WrongUseError(`there is no ${file}; run this in the app's folder, or name it with --project`);
  }
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new WrongUseError(`${file} is no JSON`, { cause: error });
  }
}
