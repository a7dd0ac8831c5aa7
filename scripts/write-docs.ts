import { writeFileSync } from "node:fs";
import path from "node:path";
import { GENERATED_DOCUMENTS } from "./generated-documents";

/** `npm run docs`: writes every document, or part of one, that follows from the code. A test holds them to it. */
for (const { file, render } of GENERATED_DOCUMENTS) {
  writeFileSync(path.join(__dirname, "..", file), render());
}
