import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../../drill/machine/caught-error";
import { CONTRACTS_SCHEMA, type Contracts, type ContractsFile } from "../../operate/dependencies/contract";
import ownContracts from "../../operate/dependencies/own-contracts.json";
import { ContractsError, mergeContracts, parseContracts } from "../../operate/dependencies/read-contracts";
import { WrongUseError } from "../wrong-use-error";

/** Looked at without being asked to. */
export const CONTRACTS_FOLDER = "dependencies.d";

/**
 * Ours, and those of files and folders that are given.
 *
 * @param given - default: `dependencies.d`, where there is one
 * @throws WrongUseError when one cannot be read or used, with file, line and column
 */
export async function readAllContracts(given: readonly string[] | undefined): Promise<Contracts> {
  const files = (await Promise.all((given ?? [CONTRACTS_FOLDER]).map(filesOf(given === undefined)))).flat();
  try {
    const own = CONTRACTS_SCHEMA.parse(ownContracts);
    const others = await Promise.all(files.map(async (file) => ({ file, contracts: await read(file) })));
    return mergeContracts(own, others);
  } catch (error) {
    if (!(error instanceof ContractsError)) throw error;
    throw new WrongUseError(`contracts that cannot be used:\n${error.message}`, { cause: error });
  }
}

function filesOf(mayBeAbsent: boolean): (path: string) => Promise<readonly string[]> {
  return async (path) => {
    try {
      if (!(await stat(path)).isDirectory()) return [path];
      const names = await readdir(path);
      return names
        .filter((name) => /\.ya?ml$/.test(name))
        .sort()
        .map((name) => join(path, name));
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
      if (mayBeAbsent) return [];
      throw new WrongUseError(`--dependencies "${path}": there is no such file or folder`, { cause: error });
    }
  };
}

async function read(file: string): Promise<ContractsFile> {
  return parseContracts(await readFile(file, "utf8"), file);
}
