import { extractApi } from "../../scripts/package/extracted-api";
import { propsPage } from "../../scripts/package/props-page";

/**
 * Prints, as JSON, what is made of `dist/index.d.ts` in a folder. In a process of its own: under jest the compiler that
 * API Extractor brings takes many times as long to load.
 */
const [root = "", folder = ""] = process.argv.slice(2);
const { faults, members, isConstructable } = extractApi({
  root,
  folder,
  name: "small",
  types: "dist/index.d.ts",
});
console.log(JSON.stringify({ faults, page: propsPage(members, isConstructable) }));
