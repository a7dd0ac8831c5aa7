import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { startContext } from "../../drill/local-cloud/start-options";
import { Progress } from "../progress";
import { CONTENDERS } from "./contenders";
import { chooseCores } from "./cores";
import { bundleContenders, obtainRclone, obtainServer, RCLONE_VERSION } from "./programs";
import { type Arena, measureEntry, type Sample } from "./rounds";
import { S3Server } from "./s3-server";
import { summarize } from "./summary";
import { WORKLOADS, type Workload } from "./workloads";

export interface ReplicationOptions {
  readonly rounds: number;
  /** Names; all when empty. */
  readonly only: readonly string[];
  readonly scale: number;
  /** For what is needed while it runs; the caller removes it. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

export interface ReplicationResult {
  readonly rounds: number;
  /** Part of each workload's objects, from 0 to 1. */
  readonly scale: number;
  /** Absent where it could not be had. */
  readonly rclone?: string;
  /** Why programs were not kept on one core each. */
  readonly notPinned?: string;
  readonly samples: readonly Sample[];
}

/**
 * @throws MissingProgramError, WrongCopyError, an Error when a program fails, the signal's reason when it is
 *   aborted; no process is left running in any case
 */
export async function runReplication(options: ReplicationOptions): Promise<ReplicationResult> {
  const { rounds, folder, signal } = options;
  const say = (text: string) => console.error(`   ${text}`);
  const context = startContext({ onProgress: say, signal });
  const server = await obtainServer(context);
  const rclone = await obtainRclone(context);
  const cores = chooseCores(context.environment.PATH ?? "");
  if (cores.refused !== undefined) say(`programs are not kept on one core each: ${cores.refused}`);

  const workloads = chosenWorkloads(options);
  const servers: S3Server[] = [];
  try {
    for (const name of ["source", "destination"]) {
      servers.push(await S3Server.start(server, cores.servers, path.join(folder, `${name}.pem`)));
    }
    const [source, destination] = servers;
    if (source === undefined || destination === undefined) throw new Error("two servers were started");
    const certificates = path.join(folder, "certificates.pem");
    writeFileSync(
      certificates,
      servers.map(({ certificateFile }) => readFileSync(certificateFile, "utf8")).join(""),
    );
    const arena: Arena = {
      source,
      destination,
      certificates,
      programs: { bundles: await bundleContenders(path.join(folder, "contenders")), rclone },
      meter: {
        program: server,
        pinned: cores.measured,
        reportFile: path.join(folder, "measured.json"),
        signal,
      },
      place: { bucket: "bench", accessKeyId: randomUUID(), secretAccessKey: randomUUID() },
    };
    return {
      rounds,
      scale: options.scale,
      ...(rclone !== undefined && { rclone: RCLONE_VERSION }),
      ...(cores.refused !== undefined && { notPinned: cores.refused }),
      samples: await measureRounds(arena, workloads, rounds),
    };
  } finally {
    await Promise.all(servers.map((one) => one.end()));
  }
}

async function measureRounds(
  arena: Arena,
  workloads: readonly Workload[],
  rounds: number,
): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const progress = new Progress(rounds * workloads.reduce((sum, { entries }) => sum + entries.length, 0));
  for (let round = 1; round <= rounds; round += 1) {
    for (const workload of workloads) {
      // Another one begins in each round: whatever comes first or last may be better or worse off.
      const shift = (round - 1) % workload.entries.length;
      for (const entry of [...workload.entries.slice(shift), ...workload.entries.slice(0, shift)]) {
        const what = `round ${round}: ${workload.name}, ${CONTENDERS[entry.contender].title}`;
        const sample = await measureEntry(arena, workload, entry, round);
        if (sample === undefined) {
          progress.finished(what, "left out");
          continue;
        }
        samples.push(sample);
        const [row] = summarize([workload], [sample]);
        progress.finished(what, `${Math.round(row?.cpuMicroseconds.median ?? 0)} µs CPU per ${workload.per}`);
      }
    }
  }
  return samples;
}

function chosenWorkloads({ only, scale }: ReplicationOptions): readonly Workload[] {
  const scaled = (objects: number) => Math.max(1, Math.round(objects * scale));
  return WORKLOADS.filter(({ name }) => only.length === 0 || only.includes(name)).map((workload) => ({
    ...workload,
    objects: scaled(workload.objects),
    entries: workload.entries.map(({ contender, objects }) => ({
      contender,
      ...(objects !== undefined && { objects: scaled(objects) }),
    })),
  }));
}
