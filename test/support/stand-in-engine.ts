import { chmod, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

/**
 * A `docker` that records how it is called. A container is a process of its own with an HTTP server on the
 * published port, which knows no bucket and agrees to everything else.
 */
const SCRIPT = `
const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");
const words = process.argv.slice(2);
const seen = (name) => path.join(__dirname, name);
const variables = words.flatMap((word, index) => (words[index - 1] === "--env" ? [[word, process.env[word]]] : []));
fs.appendFileSync(seen("calls.jsonl"), JSON.stringify({ words, variables: Object.fromEntries(variables) }) + "\\n");

function serve(name, port) {
  fs.writeFileSync(seen(name), JSON.stringify({ pid: process.pid, port }));
  console.log("container " + name + " runs");
  http.createServer((request, response) => {
    request.resume();
    response.statusCode = request.method === "HEAD" ? 404 : 200;
    response.end();
  }).listen(port, "127.0.0.1");
}

function end(name) {
  const { pid, port } = JSON.parse(fs.readFileSync(seen(name), "utf8"));
  try { process.kill(pid, "SIGKILL"); } catch {}
  return port;
}

switch (words[0]) {
  case "info":
    break;
  case "image":
    process.exit(fs.existsSync(seen("pulled")) ? 0 : 1);
    break;
  case "pull":
    fs.writeFileSync(seen("pulled"), words[1]);
    break;
  case "run":
    serve(words[words.indexOf("--name") + 1], Number(words[words.indexOf("--publish") + 1].split(":")[1]));
    break;
  case "start":
    serve(words[2], JSON.parse(fs.readFileSync(seen(words[2]), "utf8")).port);
    break;
  case "kill":
    end(words.at(-1));
    break;
  case "rm":
    end(words.at(-1));
    fs.rmSync(seen(words.at(-1)));
    break;
  default:
    console.error("unknown command " + words[0]);
    process.exit(125);
}
`;

export interface EngineCall {
  readonly words: readonly string[];
  /** What the container took over from the environment. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Writes the program into a folder, to be used as the PATH. */
export async function writeStandInEngine(folder: string, engine: "docker" | "podman"): Promise<void> {
  const file = path.join(folder, engine);
  await writeFile(file, `#!${process.execPath}\n${SCRIPT}`);
  await chmod(file, 0o755);
}

/** An engine whose daemon does not run. */
export async function writeDeadEngine(folder: string, engine: "docker" | "podman"): Promise<void> {
  const file = path.join(folder, engine);
  await writeFile(file, `#!/bin/sh\necho "Cannot connect to the daemon" >&2\nexit 1\n`);
  await chmod(file, 0o755);
}

export async function engineCalls(folder: string): Promise<EngineCall[]> {
  const text = await readFile(path.join(folder, "calls.jsonl"), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as EngineCall);
}
