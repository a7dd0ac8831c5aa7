import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { readPublicApi } from "./public-api";

/** Part of `npm run docs`: API reports and the page of props, from the declarations. */
const root = path.join(__dirname, "..", "..");
mkdirSync(path.join(root, "etc"), { recursive: true });
for (const { file, text } of readPublicApi(root).documents) {
  writeFileSync(path.join(root, file), text);
}
