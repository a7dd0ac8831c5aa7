import { Token } from "cdktf";
import { ConfigurationError, type ConfigurationProblem } from "../configuration-error";
import type { ObjectStore } from "../object-store";
import { checkOneOf } from "../private/one-of";
import type { WholeNumberRange } from "../private/whole-number";

export type LambdaArchitecture = "arm64" | "x86_64";

export const ARCHITECTURES: readonly LambdaArchitecture[] = ["arm64", "x86_64"];

/** As often as a standby's lag of a few minutes needs. */
export const DEFAULT_EVERY_MINUTES = 5;

/** The longest name of a function, role or rule that AWS takes. */
export const NAME_CHARACTERS = 64;

/** The least Node.js that this package is built for. */
const LEAST_NODE = 20;

/** docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const RETENTION_DAYS: readonly number[] = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** What the services accept, or what makes sense for one run where that is less. */
export const NUMBER_RANGES = [
  ["everyMinutes", { least: 1, most: 60, unit: "minutes" }],
  ["maximumLagMinutes", { least: 1, most: 1440, unit: "minutes" }],
  ["memoryMiB", { least: 128, most: 10_240, unit: "MiB" }],
  ["timeoutSeconds", { least: 60, most: 900, unit: "seconds" }],
  ["reservedConcurrency", { least: 1, most: 100, unit: "runs" }],
  ["markerHoldSeconds", { least: 1, most: 300, unit: "seconds" }],
  ["requestTimeoutSeconds", { least: 1, most: 300, unit: "seconds" }],
  ["maximumDeletions", { least: 0, most: 1_000_000, unit: "deletions" }],
  ["maximumDeletionsPercent", { least: 0, most: 100, unit: "percent" }],
  // docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
  ["eventsMaximumConcurrency", { least: 2, most: 1000, unit: "invocations" }],
  ["eventsTimeoutSeconds", { least: 60, most: 900, unit: "seconds" }],
  ["eventsMaximumReceives", { least: 1, most: 1000, unit: "tries" }],
  ["fanOutObjectsPerSecond", { least: 1, most: 100_000, unit: "objects a second" }],
  ["fanOutToleratedFailurePercent", { least: 0, most: 100, unit: "percent" }],
] as const satisfies readonly (readonly [string, WholeNumberRange])[];

export function checkRuntime(runtime: string, path: string): void {
  const version = /^nodejs(\d+)\.x$/.exec(runtime)?.[1];
  refuseUnless(Number(version) >= LEAST_NODE, runtime, {
    path,
    what: "the replicator does not run on this runtime",
    allowed: `nodejs${LEAST_NODE}.x or newer`,
    fix: 'use "nodejs24.x"',
  });
}

export function checkLogRetention(days: number, path: string): void {
  checkOneOf(days, RETENTION_DAYS, path, {
    what: "CloudWatch does not offer this retention, in days",
    fix: "choose one of these numbers",
  });
}

/** One resolver could lie or be stale unnoticed. */
export function checkResolvers(resolvers: readonly string[], path: string): void {
  const hosts = resolvers.map((resolver) =>
    resolver.startsWith("https://") && URL.canParse(resolver) ? new URL(resolver).host : undefined,
  );
  const distinct = new Set(hosts.filter((host) => host !== undefined));
  refuseUnless(
    resolvers.length === 2 && distinct.size === 2 && !resolvers.join("").includes(","),
    resolvers,
    {
      path,
      what: "the marker must be read from two resolvers that can be compared",
      allowed: "two https URLs of different hosts, which answer DNS queries in JSON",
      fix: "leave it away to use Cloudflare's and Google's",
    },
  );
}

/** Of the function, its role, rule, alarms and dashboard: what the narrowest of them takes. */
export function checkFunctionName(name: string, path: string): void {
  refuseUnless(/^[\w-]{1,64}$/.test(name), name, {
    path,
    what: "Lambda does not accept this as a function's name",
    allowed: `1 to ${NAME_CHARACTERS} letters, digits, hyphens and underscores`,
    fix: 'write it as in "assets-replicator"',
  });
}

/** A store that sends no events would leave the queue empty, and nobody would notice. */
export function checkSendsEvents(primary: ObjectStore, path: string): void {
  refuseUnless(/^https:\/\/[^/]+\.amazonaws\.com\/?$/.test(primary.endpoint), primary.endpoint, {
    path,
    what: "events come from Amazon S3 by EventBridge, and this primary is another server",
    allowed: "a primary on Amazon S3",
    fix: "leave events away: the sweep replicates without them",
  });
}

/**
 * @throws ConfigurationError VALUE_INVALID unless the value is accepted, or cannot be known yet
 */
function refuseUnless(
  accepted: boolean,
  value: unknown,
  problem: Omit<ConfigurationProblem, "code" | "value">,
): void {
  if (!accepted && !Token.isUnresolved(value)) {
    throw new ConfigurationError({ code: "VALUE_INVALID", value, ...problem });
  }
}
