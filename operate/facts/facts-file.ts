import { readFile, rename, writeFile } from "node:fs/promises";
import type { EdgeFacts } from "../edge-facts";
import { FactsMissingError } from "./facts-errors";
import { formatFacts, parseFacts } from "./facts-shape";

/** @throws FactsMissingError, FactsMalformedError */
export async function readFacts(file: string): Promise<EdgeFacts> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new FactsMissingError(
      `${file} cannot be read; write it, while Cloudflare's API answers, by: storage-failover facts`,
      { cause: error },
    );
  }
  return parseFacts(text, file);
}

/** All of it or nothing: a flip may need it at any moment. */
export async function writeFacts(file: string, facts: EdgeFacts): Promise<void> {
  const beside = `${file}.${process.pid}.new`;
  await writeFile(beside, formatFacts(facts));
  await rename(beside, file);
}
