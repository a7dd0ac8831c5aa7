/** Builds `assets/replicator.zip`: the same bytes for the same sources, in any folder and time zone. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { bundleReplicator } from "./bundle-replicator";

async function main(): Promise<void> {
  const root = resolve(__dirname, "..");
  const { zip, sha256 } = await bundleReplicator(root);
  const file = join(root, "assets", "replicator.zip");
  mkdirSync(join(root, "assets"), { recursive: true });
  // Renamed into place, so that a synth at the same moment never sees half a zip.
  writeFileSync(`${file}.${process.pid}`, zip);
  renameSync(`${file}.${process.pid}`, file);
  console.log(`${relative(root, file)}  ${(zip.length / 1024).toFixed(0)} KiB  sha256 ${sha256}`);
}

void main();
