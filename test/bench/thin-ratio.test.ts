import type { ChildProcess } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { median } from "../../bench/statistics";
import { firstMessage, forkTypeScript, whenExited } from "../../drill/machine/typescript-child";
import type { RatioAnswer, RatioQuestion } from "../support/thin-ratio/messages";

/** What a copied object may cost on the thin client, as a part of what it costs on the AWS SDK. */
const LEAST_RATIO = 4;

/** Whoever else uses the machine can make one attempt look bad, and none look good. */
const ATTEMPTS = 3;

const QUESTION = { objects: { thin: 1000, sdk: 500 }, rounds: 3 };

describe("the thin client", () => {
  const children: ChildProcess[] = [];
  const start = (file: string) => {
    const child = forkTypeScript(file);
    children.push(child);
    return child;
  };
  let endpoint = "";

  beforeEach(async () => {
    const server = start(require.resolve("../support/thin-ratio/server-process.ts"));
    endpoint = String(await firstMessage(server, "the server"));
  });

  afterEach(async () => {
    for (const child of children) child.kill("SIGKILL");
    await Promise.all(children.splice(0).map(whenExited));
  });

  it(`copies an object for a ${LEAST_RATIO}th of the processor time that the AWS SDK takes, or less`, async () => {
    const ratios: number[] = [];
    while (ratios.length < ATTEMPTS && Math.max(0, ...ratios) < LEAST_RATIO) {
      const measuring = start(require.resolve("../support/thin-ratio/measuring-process.ts"));
      const answered = firstMessage(measuring, "the measuring process") as Promise<RatioAnswer>;
      measuring.send({ ...QUESTION, endpoint } satisfies RatioQuestion);
      const { thin, sdk } = await answered;
      ratios.push(median(sdk) / median(thin));
    }

    expect(Math.max(...ratios)).toBeGreaterThanOrEqual(LEAST_RATIO);
  });
});
