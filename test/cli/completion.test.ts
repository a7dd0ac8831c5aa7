import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { CHECK_GROUPS } from "../../cli/doctor/check";
import { bundleCli } from "../../scripts/bundle-cli";
import { runCommand, runProgramFile } from "../support/command-line";

const execute = promisify(execFile);

let folder: string;
let program: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "completion-test-"));
  program = join(folder, "storage-failover.js");
  await bundleCli(process.cwd(), program);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the shell's script would offer, without the descriptions and the line that ends them. */
function offered(out: string): readonly string[] {
  const lines = out.trimEnd().split("\n");
  expect(lines.pop()).toMatch(/^:\d+$/);
  return lines.map((line) => line.split("\t")[0] ?? "");
}

describe("completion by the packaged file", () => {
  async function complete(...words: string[]): Promise<readonly string[]> {
    const end = await runProgramFile(program, ["complete", "--", ...words]);
    expect(end).toMatchObject({ code: 0, error: "" });
    return offered(end.out);
  }

  it("knows commands, options, what options take, and what commands take", async () => {
    expect(await complete("st")).toEqual(["status", "strays"]);
    expect(await complete("status", "--w")).toEqual(["--watch"]);
    expect(await complete("sync", "--from", "")).toEqual(["primary", "secondary"]);
    expect(await complete("conflicts", "--keep", "")).toEqual(["source", "destination"]);
    expect(await complete("doctor", "")).toEqual([...CHECK_GROUPS]);
  });

  it("says of each command what it is for, in a line", async () => {
    const { out } = await runProgramFile(program, ["complete", "--", "ver"]);
    expect(out).toMatch(/^verify\tcompare two stores, and change nothing\n/);
  });

  it.each(["bash", "zsh", "fish", "powershell"])("prints the script of %s", async (shell) => {
    const end = await runProgramFile(program, ["completion", shell]);
    expect(end).toMatchObject({ code: 0, error: "" });
    expect(end.out).toMatch(/storage-failover complete '?--/);
  });

  it("works in bash, as it is told to be set up", async () => {
    const bin = join(folder, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "storage-failover"), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
    chmodSync(join(bin, "storage-failover"), 0o755);
    const script = `
      _get_comp_words_by_ref() { words=("\${COMP_WORDS[@]}"); cur="\${COMP_WORDS[COMP_CWORD]}"; }
      compopt() { :; }
      source <(storage-failover completion bash)
      COMP_WORDS=(storage-failover expl); COMP_CWORD=1
      __storage_failover_complete
      echo "\${COMPREPLY[@]}"`;
    const env = { PATH: `${bin}:${process.env.PATH}`, HOME: folder };
    const { stdout } = await execute("bash", ["-c", script], { env });
    expect(stdout.trim()).toBe("explain");
  });

  it("refuses a shell that it does not know, and stands in the list of commands", async () => {
    const wrong = await runProgramFile(program, ["completion", "tcsh"]);
    expect(wrong).toMatchObject({ code: 2, out: "" });
    expect(wrong.error).toContain("zsh, bash, fish, powershell");
    expect((await runProgramFile(program, ["--help"])).out).toMatch(/completion <shell> +print the script/);
    expect((await runProgramFile(program, ["completion", "--help"])).out).toContain("~/.bashrc");
  });
});

describe("completion in a clone", () => {
  it("knows the scenarios", async () => {
    const { code, out } = await runCommand(["complete", "--", "drill", ""]);
    expect(code).toBe(0);
    expect(offered(out)).toContain("primary-killed");
    expect(offered(out)).not.toContain("schema.json");
  });
});
