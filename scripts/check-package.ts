import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { bin, exports as entryPoints, peerDependencies } from "../package.json";
import { bundleReplicator } from "./bundle-replicator";
import { type Check, failWith, report } from "./package/check";
import { run } from "./package/command";
import { Consumer, lowestOf } from "./package/consumer";
import { contentFaults, kibibytes, SIZE_LIMITS, sizeFaults } from "./package/contents";
import { checkPublint, checkTypeResolution } from "./package/entry-points";
import { readPublicApi } from "./package/public-api";
import { packTarball, type Tarball } from "./package/tarball";

/** `npm run check:package`: what would be published, looked at as those see it who install it. */
const USAGE = `npm run check:package                  builds, packs, checks, installs into an empty project
npm run check:package -- --no-install  all but the installation, which needs the npm registry

REQUIRE_REAL_STORES=1                  fail, not skip, where no registry can be reached
Exit codes: 0 all well · 1 something is not · 2 wrong use · 130 interrupted`;

const INTERRUPTED = 130;

const ROOT = path.join(__dirname, "..");

async function main(args: readonly string[]): Promise<number> {
  const unknown = args.filter((arg) => arg !== "--no-install" && arg !== "--help");
  if (args.includes("--help") || unknown.length > 0) {
    console.log(USAGE);
    return unknown.length > 0 ? 2 : 0;
  }
  const folder = mkdtempSync(path.join(tmpdir(), "storage-failover-package-"));
  const clear = () => rmSync(folder, { recursive: true, force: true });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      // Half a gigabyte, which nobody else would remove.
      clear();
      process.exit(INTERRUPTED);
    });
  }
  try {
    return (await checkPackage(folder, !args.includes("--no-install"))) ? 0 : 1;
  } finally {
    clear();
  }
}

async function checkPackage(folder: string, installs: boolean): Promise<boolean> {
  let tarball: Tarball | undefined;
  const built = await report({
    name: "pack",
    run: async () => {
      tarball = await buildAndPack(folder);
      return `${tarball.files.length} files`;
    },
  });
  if (built !== "passed" || tarball === undefined) return false;
  const good = await all(checksOf(tarball));
  return (!installs || (await checkInstalled(folder, tarball))) && good;
}

/** Every check is made, whatever became of the others. */
async function all(checks: readonly Check[]): Promise<boolean> {
  let good = true;
  for (const check of checks) {
    good = (await report(check)) !== "failed" && good;
  }
  return good;
}

async function buildAndPack(folder: string): Promise<Tarball> {
  // What a build does not make anew is left from an earlier one, and would be packed.
  rmSync(path.join(ROOT, "dist"), { recursive: true, force: true });
  await run("npm", ["run", "-s", "build"], { cwd: ROOT });
  return packTarball(ROOT, folder);
}

function checksOf(tarball: Tarball): readonly Check[] {
  return [
    { name: "contents", run: () => checkContents(tarball) },
    { name: "size", run: () => checkSize(tarball) },
    { name: "function", run: () => checkFunction(tarball) },
    { name: "publint", run: () => checkPublint(tarball) },
    { name: "types resolve", run: () => checkTypeResolution(ROOT, tarball) },
    { name: "public API", run: checkPublicApi },
  ];
}

async function checkContents({ files }: Tarball): Promise<string> {
  const listed = await run("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: ROOT });
  const targets = [...Object.values(entryPoints), ...Object.values(bin)].flatMap((target) =>
    typeof target === "string" ? [target] : Object.values(target),
  );
  failWith(
    contentFaults(files, {
      sources: listed.split("\n").filter((file) => file !== ""),
      targets: targets.map((target) => target.replace(/^\.\//, "")),
    }),
  );
  return "all that is needed, nothing else";
}

function checkSize({ packedBytes, unpackedBytes }: Tarball): string {
  failWith(sizeFaults(packedBytes, unpackedBytes));
  const { packedKiB, unpackedKiB } = SIZE_LIMITS;
  return `${kibibytes(packedBytes)} of ${packedKiB} packed, ${kibibytes(unpackedBytes)} of ${unpackedKiB} unpacked`;
}

/** The zip's bytes follow from the sources, on any machine. */
async function checkFunction(tarball: Tarball): Promise<string> {
  const packed = readFileSync(path.join(tarball.folder, "assets", "replicator.zip"));
  const { zip, sha256 } = await bundleReplicator(ROOT);
  failWith(packed.equals(zip) ? [] : ["the packed zip is not the one that a build makes of these sources"]);
  return `${kibibytes(zip.length)}, the same bytes as built anew: sha256 ${sha256.slice(0, 12)}…`;
}

function checkPublicApi(): string {
  const { documents, faults, symbols } = readPublicApi(ROOT);
  const stale = documents.filter(({ file, text }) => committed(file) !== text);
  failWith([...faults, ...stale.map(({ file }) => `${file} does not say what the code says: npm run docs`)]);
  return `${symbols} symbols, all documented; reports and props are current`;
}

function committed(file: string): string {
  try {
    return readFileSync(path.join(ROOT, file), "utf8");
  } catch {
    return "";
  }
}

/** With the lowest and the newest version of the one peer that moves, since its range is the framework's. */
async function checkInstalled(folder: string, tarball: Tarball): Promise<boolean> {
  const consumer = new Consumer(ROOT, folder, tarball);
  const installed = await report({
    name: "install",
    run: () => consumer.install(lowestOf(peerDependencies.constructs)),
  });
  if (installed !== "passed") return installed === "skipped";
  const checks = [
    { name: "type check", run: () => consumer.checkTypes() },
    { name: "synth", run: () => consumer.checkSynthesis() },
  ];
  return all([
    { name: "command line", run: () => consumer.checkInstalled() },
    ...checks,
    { name: "update", run: () => consumer.update("constructs") },
    ...checks,
  ]);
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(` ✘ ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  },
);
