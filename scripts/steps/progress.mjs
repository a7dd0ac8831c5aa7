import util from "node:util";

const MARKS = { passed: "✔", failed: "✘", skipped: "–" };
const COLOURS = { passed: 32, failed: 31, skipped: 33 };
const REDRAW_MILLISECONDS = 120;
const STILL_RUNNING_MILLISECONDS = 30_000;

/**
 * One line for a finished step: mark, what, figure, time. On a terminal, one more line shows what runs now; in a
 * pipe there are no redraws and no colours, and a long step says twice a minute that it is still running.
 *
 * @param {NodeJS.WriteStream} stream
 * @param {{ NO_COLOR?: string, CI?: string, TERM?: string }} environment
 */
export function createProgress(stream, environment = process.env) {
  const redraws = Boolean(stream.isTTY) && !environment.CI && environment.TERM !== "dumb";
  const colours = Boolean(stream.isTTY) && !environment.NO_COLOR;
  const active = new Map();
  let timer;

  const paint = (outcome, text) => (colours ? `\x1b[${COLOURS[outcome]}m${text}\x1b[0m` : text);
  const clear = () => redraws && stream.write("\r\x1b[2K");
  const draw = () => {
    const parts = [...active].map(
      ([name, step]) => `${name} ${seconds(step.startedAt)}${step.line ? `  ${step.line}` : ""}`,
    );
    stream.write(`\r\x1b[2K ▶ ${parts.join("   ")}`.slice(0, (stream.columns || 100) + 5));
  };
  const report = () => {
    for (const [name, step] of active) {
      stream.write(
        ` ▶ ${name.padEnd(15)} still running after ${seconds(step.startedAt)}${step.line ? `: ${step.line}` : ""}\n`,
      );
    }
  };

  return {
    /** Runs `body` as a step and shows how it ended. `body` gets a function that shows its latest line of output. */
    async step(name, body) {
      const step = { startedAt: Date.now(), line: "" };
      active.set(name, step);
      timer ??= setInterval(
        redraws ? draw : report,
        redraws ? REDRAW_MILLISECONDS : STILL_RUNNING_MILLISECONDS,
      );
      const result = await body((line) => {
        step.line = plain(line).slice(0, 70);
      });
      active.delete(name);
      if (active.size === 0) {
        clearInterval(timer);
        timer = undefined;
      }
      clear();
      const mark = paint(result.outcome, MARKS[result.outcome]);
      stream.write(
        ` ${mark} ${name.padEnd(15)} ${result.figure.padEnd(64)} ${seconds(step.startedAt).padStart(8)}\n`,
      );
      return result;
    },
    /** Text of its own lines, as it is. */
    print(text) {
      clear();
      stream.write(text.endsWith("\n") ? text : `${text}\n`);
    },
    /** Says which steps were cut short. */
    interrupted() {
      clearInterval(timer);
      for (const name of active.keys()) this.print(` ✘ ${name.padEnd(15)} interrupted`);
    },
  };
}

function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}

/** Without colours and other control characters, which would break the line that is redrawn. */
function plain(text) {
  return util
    .stripVTControlCharacters(text)
    .replace(/\p{Cc}/gu, " ")
    .trim();
}
