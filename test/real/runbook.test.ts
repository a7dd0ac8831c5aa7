import { execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { isReservedKey } from "../../contract/state-keys";
import type { StoreName } from "../../contract/stores";
import { surveyStore } from "../../drill/comparison/survey";
import { DEPLOYMENT_FOLDER } from "../../drill/local-deployment/deployment-folder";
import {
  type LocalDeployment,
  startLocalDeployment,
} from "../../drill/local-deployment/start-local-deployment";
import { descendants, untilGone } from "../support/processes";
import { type ReadStep, readSteps, sectionBlocks } from "../support/runbook-steps";

/** A deployment has to start, and a machine may be busy. */
const PATIENCE = 300_000;

const ROOT = resolve(__dirname, "..", "..");

interface ShellEnd {
  readonly code: number;
  /** Both streams. */
  readonly said: string;
}

/** As a person pastes it into the shell that sourced the environment. */
function typed(environmentFile: string, block: string): Promise<ShellEnd> {
  return new Promise((done) => {
    const script = `. '${environmentFile}'\n${block}`;
    const { PATH, HOME } = process.env;
    execFile("bash", ["-c", script], { env: { PATH, HOME, NO_COLOR: "1" } }, (error, out, err) => {
      done({ code: error === null ? 0 : Number(error.code), said: `${out}${err}` });
    });
  });
}

describe("the runbook, followed by somebody who has nothing else", () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "runbook-test-")));
  let deployment: LocalDeployment;
  let runbook: string;
  let steps: ReadonlyMap<string, ReadStep>;

  beforeAll(async () => {
    const step = () => ({ update: () => undefined, done: () => undefined });
    deployment = await startLocalDeployment({
      stores: "embedded",
      speed: 60,
      seed: 1,
      folder: join(folder, DEPLOYMENT_FOLDER),
      load: true,
      signal: new AbortController().signal,
      progress: { step, note: () => undefined },
    });
    runbook = readFileSync(deployment.runbookFile, "utf8");
    steps = readSteps(runbook);
  }, PATIENCE);

  afterAll(async () => {
    await deployment.stop();
    rmSync(folder, { recursive: true, force: true });
  }, PATIENCE);

  function step(number: string): ReadStep {
    const found = steps.get(number);
    if (found === undefined) throw new Error(`the runbook has no step ${number}`);
    return found;
  }

  /** Types a block; `answer` is what a person would type when asked, given beforehand. */
  async function type(
    block: string | undefined,
    expected: { readonly code: number; readonly answer?: string },
  ): Promise<string> {
    if (block === undefined) throw new Error("there is no such block");
    const line = expected.answer === undefined ? block : `${block.trim()} ${expected.answer}`;
    const { code, said } = await typed(deployment.environmentFile, line);
    if (code !== expected.code)
      throw new Error(`ended with ${code}, not ${expected.code}:\n${line}\n${said}`);
    return said;
  }

  /** Types the same again until it says so: what a person does who is told to wait. */
  async function typeUntil(block: string | undefined, said: RegExp): Promise<void> {
    for (let attempt = 0; attempt < 60; attempt += 1) {
      const end = await typed(deployment.environmentFile, block ?? "");
      if (said.test(end.said)) return;
      await delay(500);
    }
    throw new Error(`"${block}" never said ${said.source}`);
  }

  /** Whom readers are served by from now on. */
  async function served(): Promise<Record<StoreName, boolean>> {
    const { observed, signal } = deployment.stage;
    observed.forgetReads();
    const reads = () => observed.readsFrom.primary + observed.readsFrom.secondary;
    await observed.until("ten reads", () => reads() >= 10, 60_000, signal);
    return { primary: observed.readsFrom.primary > 0, secondary: observed.readsFrom.secondary > 0 };
  }

  async function until(what: string, condition: () => boolean): Promise<void> {
    await deployment.stage.observed.until(what, condition, 60_000, deployment.stage.signal);
  }

  it(
    "fails over, verifies, settles and fails back, and loses nothing",
    async () => {
      const { observed } = deployment.stage;
      await until("writes to the primary", () => observed.writerStore === "primary" && observed.writes > 5);
      expect(await type(sectionBlocks(runbook, 0)[0], { code: 0 })).not.toContain("✘");
      expect(await type(sectionBlocks(runbook, 1)[0], { code: 0 })).toMatch(/active\s+primary/);

      // What is written now is on the primary alone when that is lost.
      await deployment.stage.replicator.stop();
      const synced = observed.writes;
      await until("writes that are not replicated", () => observed.writes > synced + 7);
      await deployment.lose("primary");
      deployment.stage.replicator.start();
      await until("the monitors to notice", () => observed.healthy.primary === false);
      expect(await type(step("3.1").blocks[0], { code: 1 })).toMatch(/✘ primary\s+active; unhealthy/);
      const rehearsed = await type(step("3.2").blocks[0], { code: 0 });
      expect(rehearsed).not.toContain("✘");
      expect(rehearsed).toContain("What could be missing");
      const [byApi] = step("3.4").blocks;
      expect(await type(byApi, { code: 0, answer: "--yes" })).toContain("secondary is active");
      await type(step("3.5").blocks[0], { code: 0 });
      await until("writers to write again, on the secondary", () => observed.writerStore === "secondary");
      const over = await type(step("3.6").blocks[0], { code: 1 });
      expect(step("3.6").see).toMatch(
        /^twice `active=secondary`; then `storage-failover secondary is healthy`/,
      );
      expect(over).toMatch(/^active=secondary\nactive=secondary\nstorage-failover secondary is healthy\n/);
      expect(over.match(/^ ✘ (primary|config|\S+) {2}/gm)).toEqual([" ✘ primary  ", " ✘ config  "]);
      expect(await served()).toEqual({ primary: false, secondary: true });
      expect(await type(step("3.7").blocks[0], { code: 0 })).toMatch(
        /branch flip-to-secondary-\S+: one word/,
      );
      expect(await type("git branch --list", { code: 0 })).toContain("flip-to-secondary");

      const before = observed.writes;
      await until("writes on the secondary", () => observed.writes > before + 3);
      await deployment.bringBack("primary");
      const [status] = step("4.1").blocks;
      await typeUntil(status, /primary\s+standby; healthy[\s\S]*last run\s+clean/);
      const [look, strays, late, kept] = step("4.2").blocks;
      expect(await type(look, { code: 1 })).toMatch(/ stray {2}writer\//);
      for (const way of [strays, late, kept]) {
        expect(way).toContain(" --resolve KEY ");
        await type(way?.replace("--resolve KEY", "--all --yes"), { code: 0 });
      }
      await typeUntil(status, /last run\s+clean, \S+ s ago; no exceptions/);
      expect(await type(look, { code: 0 })).toMatch(/no conflicts[\s\S]*no strays/);

      const planned = await type(step("4.4").blocks[0], { code: 0, answer: "--yes" });
      expect(planned).toContain("primary is active");
      await until("writers to write again, on the primary", () => observed.writerStore === "primary");
      const back = await type(step("4.5").blocks[0], { code: 0 });
      expect(back).toMatch(/^active=primary\nactive=primary\nstorage-failover primary is healthy\n/);
      expect(await served()).toEqual({ primary: true, secondary: false });
      expect(await type(step("4.6").blocks[0], { code: 0 })).toContain("cdktf.json says primary already");

      await deployment.rest();
      await deployment.stage.replicator.runUntilClean();
      await type(step("4.7").blocks[0], { code: 0 });
      expect(await missing("primary")).toEqual([]);
      expect(await missing("secondary")).toEqual([]);
      expect(await type("storage-failover runbook --check", { code: 0 })).toContain("would be written now");
    },
    PATIENCE,
  );

  /** Acknowledged writes that are not what the store holds. */
  async function missing(store: StoreName): Promise<readonly string[]> {
    const { stage } = deployment;
    const last = new Map<string, string | undefined>();
    for (const event of stage.events) {
      if (event.type !== "write") continue;
      // Nobody was told what became of it.
      if (event.outcome === "unknown") last.delete(event.key);
      if (event.outcome === "acknowledged") last.set(event.key, event.etag);
    }
    expect(last.size).toBeGreaterThan(60);
    const { objects } = await surveyStore({
      store: stage.stores.running[store],
      moment: "end",
      clock: stage.clock,
    });
    const held = new Map(objects.map(({ key, etag }) => [key, etag]));
    return [...last].flatMap(([key, etag]) => (isReservedKey(key) || held.get(key) === etag ? [] : [key]));
  }

  it("can be followed by hand where no command of ours works: two requests, in this order", async () => {
    const [toSecondary, toPrimary] = sectionBlocks(runbook, 6);
    const { observed, replicator } = deployment.stage;
    deployment.stage.writer.start();
    replicator.start();
    for (const [block, store] of [
      [toSecondary, "secondary"],
      [toPrimary, "primary"],
    ] as const) {
      const said = await type(block, { code: 0 });
      expect(said.match(/"success":\s*true/g)).toHaveLength(2);
      await until(`the writer to write to ${store}`, () => observed.writerStore === store);
      // Until a whole pass has ended, the standby has no sync point, and status says so.
      await replicator.runUntilClean();
      expect(await type("storage-failover status", { code: store === "primary" ? 0 : 1 })).toMatch(
        new RegExp(`edge\\s+${store}, \\w+; fallback ${store}`),
      );
    }
    await deployment.rest();
  });

  it("keeps what the run's secrets are from other people of the machine", () => {
    expect(statSync(deployment.environmentFile).mode & 0o077).toBe(0);
    expect(statSync(deployment.folder).mode & 0o077).toBe(0);
  });

  it("is refused a second deployment in the same folder", async () => {
    const second = startLocal(folder);
    expect(await second.end).toBe(2);
    expect(second.said()).toContain(`process ${process.pid} has ${deployment.folder}`);
    expect(existsSync(deployment.runbookFile)).toBe(true);
  });
});

describe("storage-failover local", () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "local-test-")));

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it(
    "leaves nothing running when it is killed, starts again where it was, and ends by Ctrl-C",
    async () => {
      const killed = startLocal(folder);
      await killed.up;
      const left = descendants(killed.pid);
      expect(left.length).toBeGreaterThan(4);
      process.kill(killed.pid, "SIGKILL");
      await killed.end;
      for (const pid of left) await untilGone(pid);
      expect(existsSync(join(folder, DEPLOYMENT_FOLDER, "env.sh"))).toBe(true);

      const again = startLocal(folder);
      const up = await again.up;
      expect(up).toMatchObject({ command: "local", outcome: "up", hostname: "assets.example.com" });
      again.type("lose the primary");
      again.type("lose primary");
      await again.toSay("monitors find primary unhealthy");
      again.type("mend primary");
      await again.toSay("monitors find primary healthy");
      expect(again.said()).toContain("understood here: lose, or mend");
      const children = descendants(again.pid);
      process.kill(again.pid, "SIGINT");
      expect(await again.end).toBe(0);
      for (const pid of children) await untilGone(pid);
      expect(existsSync(join(folder, DEPLOYMENT_FOLDER))).toBe(false);
    },
    PATIENCE,
  );
});

/** The command as a person starts it, in their folder. */
function startLocal(folder: string) {
  const loader = pathToFileURL(require.resolve("tsx")).href;
  const words = [
    "--import",
    loader,
    join(ROOT, "cli", "main.ts"),
    "local",
    "--json",
    "--no-load",
    "--speed",
    "100",
  ];
  const child = spawn(process.execPath, words, {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, NO_COLOR: "1" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += String(chunk);
  });
  const end = new Promise<number | null>((done) => child.once("exit", done));
  const lines = createInterface({ input: child.stdout });
  const up = new Promise<unknown>((done, fail) => {
    lines.once("line", (line) => done(JSON.parse(line)));
    void end.then((code) => fail(new Error(`ended with ${code}: ${said}`)));
  });
  // Whoever waits for the end does not wait for this.
  up.catch(() => undefined);
  lines.on("line", (line) => {
    said += `${line}\n`;
  });
  return {
    pid: child.pid ?? 0,
    up,
    end,
    said: () => said,
    type: (line: string) => void child.stdin.write(`${line}\n`),
    toSay: async (text: string) => {
      for (let attempt = 0; !said.includes(text); attempt += 1) {
        if (attempt > 600) throw new Error(`it never said "${text}"; it said:\n${said}`);
        await delay(100);
      }
    },
  };
}
