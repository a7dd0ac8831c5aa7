import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { GENERATED_DOCUMENTS } from "./generated-documents";
import { readPublicApi } from "./package/public-api";

/**
 * `npm run docs`: writes every document, or part of one, that follows from the code. A test holds the first to it,
 * `npm run check:package` those that follow from the declarations, which take seconds to make.
 */
const root = path.join(__dirname, "..");

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
}

try {
  for (const { file, render } of GENERATED_DOCUMENTS) write(file, render());
  for (const { file, text } of readPublicApi(root).documents) write(file, text);
} catch (error) {
  console.error(` ✘ ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
