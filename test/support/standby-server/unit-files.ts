import { existsSync } from "node:fs";

/** What a file of `NAME=value` lines says, as systemd reads it. */
export function environmentFile(content: string): Record<string, string> {
  return Object.fromEntries(
    content
      .split("\n")
      .filter((line) => line.includes("="))
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}

/** The server's command line and environment inside its container, from `minio.service`. */
export function serverCommand(unit: string) {
  const words = execStart(unit);
  const image = words.indexOf("registry.example.com/server:1");
  if (image === -1) throw new Error(`no image in: ${words.join(" ")}`);
  const environment = words.flatMap((word, index) => (words[index - 1] === "--env" ? [word] : []));
  return { words: words.slice(image + 1), environment: environmentFile(environment.join("\n")) };
}

/** The proxy's command line, and the files of its environment that are there, from its drop-in unit. */
export function proxyCommand(unit: string) {
  const files = [...unit.matchAll(/^EnvironmentFile=-(\S+)$/gm)].map((match) => match[1] ?? "");
  return { words: execStart(unit).slice(1), environmentFiles: files.filter((file) => existsSync(file)) };
}

/** The last `ExecStart=` that is not empty, which resets those before it. */
function execStart(unit: string): string[] {
  const lines = unit.replaceAll(/\\\n\s*/g, "").match(/^ExecStart=.+$/gm) ?? [];
  const last = lines.at(-1);
  if (last === undefined) throw new Error("no ExecStart");
  return last.slice("ExecStart=".length).split(/\s+/);
}
