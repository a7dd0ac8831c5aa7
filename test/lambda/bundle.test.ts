import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { unzipSync } from "fflate";
import { HANDLERS } from "../../contract/handlers";
import { bundleReplicator } from "../../scripts/bundle-replicator";

const ROOT = resolve(__dirname, "../..");
const run = promisify(execFile);

describe("the function's zip", () => {
  let folders: string[];

  beforeAll(async () => {
    folders = await Promise.all(["one", "a longer name"].map((name) => mkdtemp(join(tmpdir(), `${name}-`))));
    for (const folder of folders) {
      for (const room of ["lambda", "contract", "scripts", "package.json", "tsconfig.json"]) {
        await cp(join(ROOT, room), join(folder, room), { recursive: true });
      }
      await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
    }
  });

  afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

  async function sha256(folder: string, timeZone: string): Promise<string> {
    const script = join(folder, "scripts", "build-lambda.ts");
    const { stdout } = await run(process.execPath, ["--import", "tsx", script], {
      cwd: folder,
      env: { PATH: process.env.PATH, TZ: timeZone },
    });
    return /sha256 (\w{64})/.exec(stdout)?.[1] ?? stdout;
  }

  it("has the same bytes from two folders and in two time zones", async () => {
    const [one, other] = folders;
    const here = await sha256(one ?? "", "Pacific/Kiritimati");
    expect(await sha256(other ?? "", "America/Los_Angeles")).toBe(here);
    expect(here).toBe((await bundleReplicator(ROOT)).sha256);
  });

  it("changes with the sources", async () => {
    const [one] = folders;
    const before = await sha256(one ?? "", "UTC");
    const file = join(one ?? "", "contract", "metrics.ts");
    await writeFile(file, (await readFile(file, "utf8")).replace('"StorageFailover"', '"Other"'));
    expect(await sha256(one ?? "", "UTC")).not.toBe(before);
  });

  it("exports every handler that a plan names", async () => {
    const [one] = folders;
    const entries = unzipSync((await bundleReplicator(ROOT)).zip);
    await writeFile(join(one ?? "", "handler.js"), entries["handler.js"] ?? "");
    const stores = ["PRIMARY", "SECONDARY"].flatMap((store) =>
      ["ENDPOINT", "BUCKET", "REGION"].map((name) => [`${store}_${name}`, "http://127.0.0.1"]),
    );
    const { stdout } = await run(
      process.execPath,
      ["-p", 'JSON.stringify(Object.keys(require("./handler.js")))'],
      {
        cwd: one,
        env: {
          ...Object.fromEntries(stores),
          PRIMARY_ADDRESS_STYLE: "path",
          SECONDARY_ADDRESS_STYLE: "path",
          MARKER_NAME: "marker.example.com",
        },
      },
    );

    for (const handler of Object.values(HANDLERS)) {
      const [file, name] = handler.split(".");
      expect(entries).toHaveProperty([`${file}.js`]);
      expect(JSON.parse(stdout)).toContain(name);
    }
  });

  it("holds nothing of the machine that built it", async () => {
    const entries = unzipSync((await bundleReplicator(ROOT)).zip);
    for (const content of Object.values(entries)) {
      const text = Buffer.from(content).toString("utf8");
      expect(text).not.toContain(ROOT);
      expect(text).not.toContain("cdktf");
    }
  });

  it("keeps what sends figures elsewhere in a file of its own, which a function that needs it can load", async () => {
    const [one] = folders;
    const entries = unzipSync((await bundleReplicator(ROOT)).zip);
    expect(Object.keys(entries)).toEqual(["handler.js", "metrics-export.js"]);
    expect(Buffer.from(entries["handler.js"] ?? []).toString()).not.toMatch(
      /OTLPExporter|Missing jobName|opentelemetry/,
    );
    await writeFile(join(one ?? "", "metrics-export.js"), entries["metrics-export.js"] ?? "");
    const { stdout } = await run(
      process.execPath,
      ["-p", 'Object.keys(require("./metrics-export.js")).sort()'],
      {
        cwd: one,
      },
    );
    expect(stdout).toContain("[ 'pushMetrics', 'sendOtlp' ]");
  });
});
