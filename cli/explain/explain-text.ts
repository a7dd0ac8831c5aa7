import { STORE_NAMES } from "../../contract/stores";
import { duration, durationRange } from "../../drill/report/wording";
import type { OutageKind, Range } from "../../lib/objectives";
import colors from "../colors";
import { FLIP_WAYS } from "../commands/flip";
import { wrapped } from "../wrapped-text";
import type { Explanation } from "./explanation";

const KINDS: Readonly<Record<OutageKind, string>> = {
  refusing: "refuses (503, 403, wrong body)",
  hanging: "hangs, or is too slow",
  unreachable: "is gone (no connection, TLS)",
};

const KIND_WIDTH = 34;

/** For a tired person: short sections, each number with its unit. */
export function explanationText(explanation: Explanation): string {
  return [
    `storage-failover explain · ${explanation.hostname} · planned: ${explanation.active} is active`,
    section("A flip changes", flipLines(explanation)),
    section(`Reads fail, when ${explanation.active}`, readLines(explanation)),
    section("Writes", writeLines(explanation)),
    section("What leads where", pathLines(explanation)),
    section("What a flip depends on", dependencyLines(explanation)),
    section(
      "What nothing here protects (docs/limits.md has it all)",
      explanation.limits.map(({ text }) => wrapped("   · ", text)),
    ),
  ].join("\n\n");
}

function section(title: string, lines: readonly string[]): string {
  return [colors.bold(title), ...lines].join("\n");
}

function flipLines({ flip }: Explanation): readonly string[] {
  const lines = flip.changedPaths.map((path) => `   ${path}`);
  const proof = flip.isSynthesized
    ? "synthesized for both values: nothing else differs, in no stack"
    : "by rule; with --synthesize the app proves it";
  return [
    ...lines,
    wrapped(
      "   ",
      `in place, in this order: marker, then pools. Nothing is created or destroyed, no call to AWS or DigitalOcean; ${proof}`,
    ),
  ];
}

function readLines({ recovery, return: back }: Explanation): readonly string[] {
  const kinds = Object.entries(KINDS) as [OutageKind, string][];
  return [
    ...kinds.map(([kind, text]) => `   ${text.padEnd(KIND_WIDTH)}${timeText(recovery[kind])}`),
    `   ${"return, once it is well, after".padEnd(KIND_WIDTH)}${timeText(back)}`,
    "   nobody has to do anything for it: the edge does it by itself",
  ];
}

/** A retry of the edge takes no time that a reader would count. */
function timeText(range: Range): string {
  if (range.worst === 0) return "not: the edge asks the other one at once";
  return `${durationRange(range)}, on average ${duration(range.mean)}`;
}

function writeLines({ dataAtRisk, fence, plannedPauseSeconds, deployment }: Explanation): readonly string[] {
  const { everyMinutes } = deployment.replication;
  const loss =
    dataAtRisk === undefined
      ? "no schedule is planned: how much may be lost cannot be told"
      : `those of the last ${durationRange(dataAtRisk)} and a pass, on average ${duration(dataAtRisk.mean)} (a run every ${everyMinutes} min)`;
  const planned =
    plannedPauseSeconds === undefined
      ? ""
      : `; writers are paused for ${duration(plannedPauseSeconds)} and a pass, at most`;
  return [
    "   fail until somebody flips: nothing moves them by itself",
    wrapped(`   ${"at risk when the store is lost".padEnd(KIND_WIDTH)}`, loss),
    wrapped(
      `   ${"held back after a flip, the fence".padEnd(KIND_WIDTH)}`,
      `${fence.seconds} s: ${fence.ttlSeconds} s of TTL, ${fence.holdSeconds} s of hold, ${fence.requestTimeoutSeconds} s of a last request`,
    ),
    wrapped(`   ${"with flip --planned".padEnd(KIND_WIDTH)}`, `nothing is lost${planned}`),
  ];
}

function pathLines({ deployment }: Explanation): readonly string[] {
  const { stores, replication, marker, droplet } = deployment;
  const certificates = {
    primary: "AWS's, or your distribution's",
    secondary: droplet === undefined ? "its operator's" : "Let's Encrypt's, on the droplet",
  };
  return [
    `   readers → ${deployment.hostname} (load balancer, stack edge)`,
    ...STORE_NAMES.flatMap((store) => [
      `     → pool ${stores[store].poolName}`,
      wrapped(
        "       → ",
        `origin ${stores[store].originHost} (stack ${store}; certificate: ${certificates[store]})`,
      ),
    ]),
    wrapped("   writers → ", `marker ${marker.name} → the active store's endpoint`),
    wrapped(
      "   replication → ",
      `marker, both endpoints (Lambda ${replication.functionName}${replication.region === undefined ? "" : ` in ${replication.region}`}, stack replication)`,
    ),
    "   the stacks need nothing of each other; a flip deploys edge alone",
  ];
}

function dependencyLines({ dependencies }: Explanation): readonly string[] {
  const stopping = dependencies.flatMap(({ title, stops, fallback }) => {
    const ways = waysIn(stops);
    return ways === "" ? [] : [wrapped("   · ", `${title}: ${ways}. Instead: ${fallback ?? "nothing"}`)];
  });
  const worse = dependencies.filter(({ stops, worse: soft }) => waysIn(stops) === "" && waysIn(soft) !== "");
  return [
    ...stopping,
    wrapped("   ", `it goes on, worse, without: ${worse.map(({ title }) => title).join("; ") || "–"}`),
    "   all of it: storage-failover dependencies",
  ];
}

/** Which flips are among tasks, in as few words as say it: `every flip to primary`, `flip --via apply`. */
function waysIn(tasks: string): string {
  const flips = tasks.split(", ").filter((task) => task.startsWith("flip-via-"));
  const direction = (flip: string) => / to-(\w+)/.exec(flip)?.[1];
  const directions = [...new Set(flips.map(direction))];
  return directions
    .map((to) => {
      const ways = FLIP_WAYS.filter((way) =>
        flips.some((flip) => flip.startsWith(`flip-via-${way}`) && direction(flip) === to),
      );
      const which = ways.length === FLIP_WAYS.length ? "every flip" : `flip --via ${ways.join(" or --via ")}`;
      return to === undefined ? which : `${which} to ${to}`;
    })
    .join(", ");
}
