import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { isDeepStrictEqual, parseArgs } from "node:util";
import fc from "fast-check";
import { GOOD_END, liveThrough, systemHistory } from "../test/lambda/replicator/model/system/system-history";

/** Random histories of the whole system, more than a test has time for, spread over processes. */
const USAGE = `npx tsx scripts/histories.ts [--histories 100000] [--seed 1] [--processes <cores>]

Lives through random histories of the whole system in virtual time, and looks whether an invariant breaks.
A history that does is printed as a line for test/lambda/replicator/model/system/regressions.json.
Exit codes: 0 all held · 1 one did not · 2 wrong use`;

/** Milliseconds after which a batch has met a history without an end. */
const STUCK = 900_000;

/** Histories of one seed; the next ones have the next. */
const BATCH = 250;

interface Task {
  readonly seed: number;
  readonly histories: number;
}

interface Finding {
  readonly lived: number;
  /** The shortest history found that breaks an invariant, and which it breaks. */
  readonly failure?: { readonly seed: number; readonly steps: string; readonly reason: string };
}

async function live({ seed, histories }: Task): Promise<Finding> {
  const property = fc.asyncProperty(systemHistory, async (steps) => {
    const end = await liveThrough(steps);
    if (!isDeepStrictEqual(end, GOOD_END)) throw new Error(JSON.stringify(end));
  });
  const details = await fc.check(property, { numRuns: histories, seed });
  if (!details.failed) return { lived: histories };
  const [steps] = details.counterexample ?? [];
  const reason = String(details.errorInstance);
  return { lived: details.numRuns, failure: { seed, steps: JSON.stringify(steps), reason } };
}

function serve(): void {
  process.on("message", (task: Task) => {
    void live(task).then((finding) => process.send?.(finding));
  });
}

async function lead(histories: number, seed: number, processes: number): Promise<boolean> {
  const tasks: Task[] = [];
  for (let first = 0; first < histories; first += BATCH) {
    tasks.push({ seed: seed + tasks.length, histories: Math.min(BATCH, histories - first) });
  }
  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 1000;
  let lived = 0;
  let held = true;
  let shownAt = 0;
  const take = ({ lived: more, failure }: Finding) => {
    lived += more;
    if (failure) {
      held = false;
      console.log(`an invariant is broken, seed ${failure.seed}: ${failure.reason}\n${failure.steps}`);
    }
    if (elapsed() - shownAt < 10) return;
    shownAt = elapsed();
    console.log(`${lived} of ${histories} histories, ${Math.round(lived / shownAt)} a second`);
  };
  const work = () =>
    new Promise<void>((resolve, reject) => {
      const child = fork(__filename, ["--serve"], { execArgv: ["--import", "tsx"] });
      let stuck: NodeJS.Timeout | undefined;
      const next = () => {
        clearTimeout(stuck);
        const task = tasks.shift();
        if (task === undefined || !held) {
          child.kill();
          return;
        }
        stuck = setTimeout(() => {
          held = false;
          console.log(`a history of seed ${task.seed} does not end`);
          child.kill();
        }, STUCK);
        child.send(task);
      };
      child.on("message", (finding: Finding) => {
        take(finding);
        next();
      });
      child.on("error", reject);
      child.on("exit", (code) => (code ? reject(new Error(`a process ended with ${code}`)) : resolve()));
      next();
    });
  await Promise.all(Array.from({ length: processes }, work));
  const rate = Math.round(lived / elapsed());
  console.log(
    `${lived} histories, seeds ${seed} to ${seed + Math.ceil(histories / BATCH) - 1}, ${Math.round(elapsed())} s, ${rate} a second: ` +
      (held ? "every invariant held" : "an invariant was broken"),
  );
  return held;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      histories: { type: "string", default: "100000" },
      seed: { type: "string", default: "1" },
      processes: { type: "string", default: String(availableParallelism()) },
      serve: { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (values.serve) {
    serve();
    return 0;
  }
  const numbers = [values.histories, values.seed, values.processes].map(Number);
  const [histories = 0, seed = 0, processes = 0] = numbers;
  if (!numbers.every(Number.isSafeInteger) || histories < 1 || seed < 0 || processes < 1) {
    console.error(USAGE);
    return 2;
  }
  return (await lead(histories, seed, processes)) ? 0 : 1;
}

void main().then((code) => {
  process.exitCode = code;
});
