import { amount } from "../../drill/report/wording";
import type { Check, Finding } from "./check";
import type { EndpointAnswer } from "./endpoints";

/** Signatures are refused from fifteen minutes on; certificates and lags are misjudged long before. */
const SKEW_WARNING_SECONDS = 60;
const SKEW_PROBLEM_SECONDS = 15 * 60;

export const REACH_CHECKS: readonly Check[] = [
  {
    id: "clock",
    group: "clock",
    title: "this machine's clock agrees with everybody else's",
    run: async (patient) => judgeClock(await patient.endpoints()),
  },
  {
    id: "reachability",
    group: "reachability",
    title: "everything that a flip needs can be reached from here",
    run: async (patient) => judgeReach(await patient.endpoints()),
  },
];

/** By the median: one server that is wrong does not make us wrong. */
export function judgeClock(answers: readonly EndpointAnswer[]): Finding {
  const told = answers.flatMap(({ aheadSeconds }) => (aheadSeconds === undefined ? [] : [aheadSeconds]));
  const sorted = [...told].sort((left, right) => left - right);
  const median = sorted[Math.floor(sorted.length / 2)];
  if (median === undefined) {
    return {
      status: "skipped",
      found: "nobody told the time",
      fix: "see: storage-failover doctor reachability",
    };
  }
  const figures = { aheadSeconds: Math.round(median * 10) / 10, clocks: told.length };
  const by = Math.abs(median);
  const servers = amount(told.length, "server");
  const direction = median > 0 ? "behind" : "ahead of";
  const found =
    by < SKEW_WARNING_SECONDS
      ? `within ${Math.max(1, Math.ceil(by))} s of ${servers}`
      : `${Math.round(by)} s ${direction} ${servers}`;
  if (by < SKEW_WARNING_SECONDS) return { status: "ok", found, figures };
  const fix = "set it by NTP: timedatectl set-ntp true";
  const isProblem = by > SKEW_PROBLEM_SECONDS;
  const why = isProblem ? "; every signed request is refused" : "";
  return { status: isProblem ? "problem" : "warning", found: `${found}${why}`, fix, figures };
}

export function judgeReach(answers: readonly EndpointAnswer[]): Finding {
  const gone = answers.filter(({ unreachable }) => unreachable !== undefined);
  const figures = { asked: answers.length, unreachable: gone.length };
  if (gone.length === 0) {
    const found = `${answers.length} of ${answers.length} answer: ${answers.map(({ name }) => name).join(", ")}`;
    return { status: "ok", found, figures };
  }
  const found = gone.map(({ name, url, unreachable }) => `${name}, ${url.origin}: ${unreachable}`).join("\n");
  const isNeeded = gone.some(({ needed }) => needed);
  const fix = isNeeded
    ? "let this machine out to them on port 443, or flip from another one"
    : "a flip goes without it; replication, and what is known of the standby, may not";
  return { status: isNeeded ? "problem" : "warning", found, fix, figures };
}
