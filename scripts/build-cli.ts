/** Builds the package's `bin`. */
import { chmodSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { bin } from "../package.json";
import { bundleCli } from "./bundle-cli";

async function main(): Promise<void> {
  const root = resolve(__dirname, "..");
  const file = join(root, bin["storage-failover"]);
  await bundleCli(root, file);
  chmodSync(file, 0o755);
  console.log(`${relative(root, file)}  ${(statSync(file).size / 1024).toFixed(0)} KiB`);
}

void main();
