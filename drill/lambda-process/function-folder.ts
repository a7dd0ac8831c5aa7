import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { build } from "esbuild";
import { unzipSync } from "fflate";

/** A function's files, far from the repository: nothing above them has a `node_modules`. */
export interface FunctionFolder {
  readonly taskFolder: string;
  readonly bootstrapFile: string;
  /** Makes the file that a process loads first so that its clock is ahead; below 0, behind. */
  skewedClock(aheadMinutes: number): Promise<string>;
  remove(): Promise<void>;
}

/**
 * Unpacks a function's zip.
 *
 * @throws Error when the zip cannot be read, or names a file outside its folder
 */
export async function unpackFunction(zipFile: string): Promise<FunctionFolder> {
  const files = unzipSync(await readFile(zipFile));
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), "storage-failover-function-")));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const taskFolder = path.join(folder, "task");
    for (const [name, content] of Object.entries(files)) {
      await writeInside(taskFolder, name, content);
    }
    const bootstrapFile = path.join(folder, "runtime", "bootstrap.cjs");
    await bundle("bootstrap.ts", bootstrapFile);
    const skewedClock = async (aheadMinutes: number) => {
      const file = path.join(folder, "runtime", `clock${aheadMinutes}.cjs`);
      await bundle("skewed-clock.ts", file, { AHEAD_MILLISECONDS: String(aheadMinutes * 60_000) });
      return file;
    };
    return { taskFolder, bootstrapFile, skewedClock, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** @param define - what stands for constants of the file */
async function bundle(name: string, outfile: string, define: Record<string, string> = {}): Promise<void> {
  await build({
    entryPoints: [path.join(__dirname, name)],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    define,
  });
}

async function writeInside(folder: string, name: string, content: Uint8Array): Promise<void> {
  const file = path.join(folder, name);
  if (!file.startsWith(folder + path.sep)) {
    throw new Error(`the zip names "${name}", which is outside its folder`);
  }
  if (name.endsWith("/")) {
    await mkdir(file, { recursive: true });
  } else {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}
