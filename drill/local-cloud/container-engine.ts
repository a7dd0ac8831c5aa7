import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { Command } from "./keeper-messages";
import { runStep } from "./run-step";
import type { ServerCommands } from "./server-process";
import { CONTAINER_ENGINES, type ContainerEngine, type RouteFacts } from "./server-routes";
import type { StartContext } from "./start-options";

/** An engine that runs answers in well under a second; one that is starting up or broken may hang. */
const PROBE_MILLISECONDS = 5000;

export interface ContainerSpec {
  /** Unique on this machine. */
  readonly name: string;
  /** With a full tag. */
  readonly image: string;
  /** Port inside the container. */
  readonly containerPort: number;
  /** Names of variables that the container takes over from the environment: values in arguments could be seen by anyone. */
  readonly variables: readonly string[];
  readonly arguments: readonly string[];
}

/** Command lines that run a server in a container, reachable from this machine only. */
export function containerCommands(
  engine: ContainerEngine,
  spec: ContainerSpec,
  port: number,
): ServerCommands {
  const run = (...words: string[]): Command => ({ file: engine, arguments: words });
  return {
    start: run(
      "run",
      ...["--name", spec.name],
      ...["--publish", `127.0.0.1:${port}:${spec.containerPort}`],
      ...spec.variables.flatMap((variable) => ["--env", variable]),
      spec.image,
      ...spec.arguments,
    ),
    restart: run("start", "--attach", spec.name),
    kill: run("kill", "--signal", "KILL", spec.name),
    remove: run("rm", "--force", "--volumes", spec.name),
  };
}

/** Fetches the image unless it is there. */
export async function pullImage(
  engine: ContainerEngine,
  image: string,
  folder: string,
  context: StartContext,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  if ((await refusal(engine, ["image", "inspect", image], context)) === undefined) {
    return;
  }
  context.onProgress(`fetching ${image}`);
  const command = { file: engine, arguments: ["pull", image] };
  await runStep(`fetching ${image}`, { command, folder, logFile: path.join(folder, "pull.log") }, context);
}

/** Which engines run on this machine. */
export async function probeEngines(context: StartContext): Promise<RouteFacts["engines"]> {
  const states = await Promise.all(
    CONTAINER_ENGINES.map(async (engine) => {
      const refused = await refusal(engine, ["info"], context);
      return [engine, refused === undefined ? { runs: true } : { refused }] as const;
    }),
  );
  return Object.fromEntries(states) as RouteFacts["engines"];
}

/** Runs a short command; undefined when it succeeds, else why not, in one line. */
function refusal(
  engine: ContainerEngine,
  words: readonly string[],
  context: StartContext,
): Promise<string | undefined> {
  if (!isOnPath(engine, context.environment.PATH ?? "")) {
    return Promise.resolve("not installed");
  }
  return new Promise((resolve) => {
    const options = { env: context.environment, timeout: PROBE_MILLISECONDS };
    execFile(engine, words, options, (error, _output, complaint) => {
      if (error === null) {
        resolve(undefined);
      } else if (error.killed === true) {
        resolve(`${engine} ${words[0]} did not answer within ${PROBE_MILLISECONDS / 1000} s`);
      } else {
        const lines = complaint.split("\n").filter((line) => line.trim() !== "");
        resolve(lines.at(-1) ?? error.message);
      }
    });
  });
}

export function isOnPath(program: string, searchPath: string): boolean {
  return searchPath
    .split(path.delimiter)
    .some((folder) => folder !== "" && existsSync(path.join(folder, program)));
}
