import { FLIP_CHECKS, type FlipCheck } from "../flip/flip-request";
import type { Deployment } from "./deployment";
import { duration, type Expectations } from "./expectations";
import { command } from "./flip-steps";
import { code, table } from "./markdown";

/** What a refused flip names in brackets, and when it may be overridden: at the end of section 3. */
export function refusalTable(deployment: Deployment, expected: Expectations): string {
  const rows: Readonly<Record<FlipCheck, readonly [string, string]>> = {
    "standby-health": [
      "Cloudflare's monitors find the store unhealthy, or do not tell",
      "**do not force** what is unhealthy: readers would follow into nothing. Unknown only, and step 3.1 finds it well: force",
    ],
    "standby-answer": [
      "its origin does not answer this machine",
      "another machine gets an answer (403 is one): force",
    ],
    lag: [
      `it is more than ${duration(expected.lagObjective)} behind, or its notes cannot be read`,
      `whoever decides accepts the loss: ${code("--accept-loss")}`,
    ],
    exceptions: [
      "conflicts, strays or failed keys are open",
      `${code(command(deployment, "conflicts"))}, ${code(command(deployment, "strays"))}, or ${code("--accept-loss")}: nothing of them is thrown away`,
    ],
    "recent-flip": [
      "the active store has just changed, or has only just been deployed",
      "ask who did it and why. Nobody flipped, or still right: force",
    ],
    marker: [
      "resolvers, or Cloudflare's record, say different things, or one does not answer",
      `wait ${duration(deployment.marker.ttlSeconds)}. Still one resolver down: force; writers hold back until it is up`,
    ],
    "writes-paused": [
      "somebody has paused writers for a planned flip",
      `ask who. Nobody: ${code(command(deployment, "flip", "--resume-writes"))}`,
    ],
    "other-flip": [
      "a flip of this project is unfinished",
      "finish that one, or call it off, as the refusal says",
    ],
  };
  return table(
    ["in brackets", "means", "then"],
    FLIP_CHECKS.map((check) => [code(check), ...rows[check]]),
  );
}
