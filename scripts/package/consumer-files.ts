import { devDependencies, name, peerDependencies } from "../../package.json";

/**
 * What a team's project would hold. The three apps say the same in three ways, ten lines each; each takes the folder for
 * its output as argument.
 */
export const CONSUMER_CONFIG = {
  hostname: "assets.example.com",
  zoneName: "example.com",
  zoneId: "11111111111111111111111111111111",
  accountId: "00000000000000000000000000000000",
  primary: { bucketName: "example-assets-primary", region: "eu-central-1" },
  secondary: {
    bucketName: "assets-standby",
    originHost: "assets-standby.example.com",
    region: "fra1",
    volumeGiB: 100,
    sshKeyIds: ["1234567"],
  },
};

const COMMON_JS = `const { App } = require("cdktf");
const { StateBackend, StorageFailover } = require("cdktf-storage-failover");
const config = require("./config.json");

const app = new App({ outdir: process.argv[2], stackTraces: false });
new StorageFailover(app, "failover", {
  ...config,
  activeProvider: "primary",
  backend: StateBackend.local(),
});
app.synth();
`;

const ES_MODULE = `import { readFileSync } from "node:fs";
import { App } from "cdktf";
import { StateBackend, StorageFailover } from "cdktf-storage-failover";
import { fenceSeconds } from "cdktf-storage-failover/writers";

const config = JSON.parse(readFileSync(new URL("config.json", import.meta.url), "utf8"));
const app = new App({ outdir: process.argv[2], stackTraces: false });
new StorageFailover(app, "failover", { ...config, activeProvider: "primary", backend: StateBackend.local() });
app.synth();
if (!(fenceSeconds() > 0)) throw new Error("no fence");
`;

const TYPESCRIPT = `import { App } from "cdktf";
import { StateBackend, StorageFailover, type StorageFailoverProps } from "cdktf-storage-failover";
import { fenceSeconds } from "cdktf-storage-failover/writers";
import config from "./config.json";

const app = new App({ outdir: process.argv[2], stackTraces: false });
const props: StorageFailoverProps = { ...config, activeProvider: "primary", backend: StateBackend.local() };
const failover: StorageFailover = new StorageFailover(app, "failover", props);
app.synth();
export const facts: readonly [string, number] = [failover.primaryStore.bucketName, fenceSeconds()];
`;

/** Makes every way out of the process throw: a synth asks nobody, and starts nothing. */
const GUARD = `const refuse = (what) => () => {
  throw new Error("a synth tried to " + what);
};
const processes = require("node:child_process");
for (const name of ["exec", "execFile", "execFileSync", "execSync", "fork", "spawn", "spawnSync"]) {
  processes[name] = refuse("start a program: " + name);
}
require("node:net").Socket.prototype.connect = refuse("open a connection");
require("node:dns").lookup = refuse("look up a name");
require("node:module").syncBuiltinESMExports();
`;

/** The compiler's options of teams whose code Node runs, and of those who bundle theirs. The declarations of all packages are checked. */
const MODULE_SETTINGS = {
  node16: { module: "node16", moduleResolution: "node16" },
  bundler: { module: "preserve", moduleResolution: "bundler" },
} as const;

export const RESOLUTIONS = Object.keys(MODULE_SETTINGS) as readonly (keyof typeof MODULE_SETTINGS)[];

/**
 * By name. The framework and the providers are those that this repository is developed against, so that plans can be
 * compared byte for byte.
 *
 * @param tarball - absolute path
 * @param constructsVersion - exact, or a range
 */
export function consumerFiles(tarball: string, constructsVersion: string): Readonly<Record<string, string>> {
  const versions: Readonly<Record<string, string>> = devDependencies;
  const peers = Object.keys(peerDependencies).map((peer) => [peer, versions[peer]]);
  return {
    "package.json": JSON.stringify({
      private: true,
      dependencies: {
        ...Object.fromEntries(peers),
        constructs: constructsVersion,
        "@types/node": versions["@types/node"],
        [name]: `file:${tarball}`,
      },
    }),
    "config.json": JSON.stringify(CONSUMER_CONFIG),
    "app.cjs": COMMON_JS,
    "app.mjs": ES_MODULE,
    "app.ts": TYPESCRIPT,
    "guard.cjs": GUARD,
    ...Object.fromEntries(
      RESOLUTIONS.map((resolution) => [`tsconfig.${resolution}.json`, tsconfig(resolution)]),
    ),
  };
}

function tsconfig(resolution: keyof typeof MODULE_SETTINGS): string {
  return JSON.stringify({
    compilerOptions: {
      ...MODULE_SETTINGS[resolution],
      target: "es2022",
      strict: true,
      skipLibCheck: false,
      esModuleInterop: true,
      resolveJsonModule: true,
      types: ["node"],
      outDir: `compiled-${resolution}`,
    },
    files: ["app.ts"],
  });
}
