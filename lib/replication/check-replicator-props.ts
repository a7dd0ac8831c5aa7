import { DEFAULT_RESOLVERS, DELETION_MODES, S3_CLIENT_NAMES } from "../../contract/environment";
import { ConfigurationError } from "../configuration-error";
import { checkAwsTags } from "../private/aws-tags";
import { checkHostName } from "../private/host-name";
import { checkKeyArn } from "../private/key-arn";
import { checkAllKnownAtSynth } from "../private/known-at-synth";
import { checkOneOf } from "../private/one-of";
import { checkKinds } from "../private/prop-kinds";
import { withoutEffect } from "../private/refusals";
import { checkStorePair } from "../private/store-pair";
import { checkWholeNumber } from "../private/whole-number";
import { REPLICATOR_KINDS } from "./prop-kinds";
import type { ReplicatorProps } from "./replicator-props";
import {
  ARCHITECTURES,
  checkFunctionName,
  checkLogRetention,
  checkResolvers,
  checkRuntime,
  checkSendsEvents,
  DEFAULT_EVERY_MINUTES,
  NUMBER_RANGES,
} from "./replicator-settings";
import { checkWatching } from "./watching-props";

type PathOf = (prop: keyof ReplicatorProps) => string;

/**
 * @param constructPath the names of props are added to it
 * @throws ConfigurationError STORES_NOT_DISTINCT, NUMBER_OUT_OF_RANGE, VALUE_INVALID
 */
export function checkReplicatorProps(props: ReplicatorProps, constructPath: string): void {
  const path: PathOf = (prop) => `${constructPath}/${prop}`;
  checkKinds(props, REPLICATOR_KINDS, constructPath);
  checkHostName(props.hostname, path("hostname"));
  checkStorePair(props, props.hostname, constructPath);
  checkAwsTags(props.tags, path("tags"));
  checkNumbers(props, path);
  checkLagLimit(props, path);
  checkFunction(props, path);
  checkAllKnownAtSynth(props.resolvers, path("resolvers"));
  checkResolvers(props.resolvers ?? DEFAULT_RESOLVERS, path("resolvers"));
  checkWatching(props, path);
  if (props.encryptionKeyArn !== undefined) {
    checkKeyArn(props.encryptionKeyArn, path("encryptionKeyArn"));
  }
  checkReplication(props, path);
  checkDrivers(props, path);
}

function checkNumbers(props: ReplicatorProps, path: PathOf): void {
  for (const [prop, range] of NUMBER_RANGES) {
    const value = props[prop];
    if (value !== undefined) {
      // Other numbers follow from it, and arithmetic on a reference gives neither a number nor a reference.
      checkAllKnownAtSynth(value, path(prop));
      checkWholeNumber(value, range, path(prop));
    }
  }
}

/** How far the standby is behind is told once a run. */
function checkLagLimit(
  { everyMinutes = DEFAULT_EVERY_MINUTES, maximumLagMinutes }: ReplicatorProps,
  path: PathOf,
): void {
  if (maximumLagMinutes === undefined || maximumLagMinutes > everyMinutes) {
    return;
  }
  throw new ConfigurationError({
    code: "NUMBER_OUT_OF_RANGE",
    path: path("maximumLagMinutes"),
    what: `a run begins every ${everyMinutes} min, so that the alarm would ring between runs that are as they should be`,
    value: maximumLagMinutes,
    allowed: `more minutes than ${everyMinutes}, best three times as many`,
    fix: `choose ${3 * everyMinutes}, or have runs begin more often by everyMinutes`,
  });
}

function checkFunction(props: ReplicatorProps, path: PathOf): void {
  if (props.functionName !== undefined) {
    checkAllKnownAtSynth(props.functionName, path("functionName"));
    checkFunctionName(props.functionName, path("functionName"));
  }
  checkRuntime(props.runtime ?? "nodejs24.x", path("runtime"));
  checkOneOf(props.architecture ?? "arm64", ARCHITECTURES, path("architecture"), {
    what: "Lambda has no such architecture",
    fix: 'use "arm64"',
  });
  checkLogRetention(props.logRetentionDays ?? 30, path("logRetentionDays"));
}

function checkReplication(props: ReplicatorProps, path: PathOf): void {
  checkOneOf(props.deletions ?? "markers", DELETION_MODES, path("deletions"), {
    what: "there is no such way to treat deletions",
    fix: 'use "markers", or "off" to have them reported only',
  });
  checkOneOf(props.s3Client ?? "thin", S3_CLIENT_NAMES, path("s3Client"), {
    what: "there is no such S3 client",
    fix: 'use "thin"',
  });
  if (props.deletions === "off") {
    refuseWithout('deletions "markers"', ["maximumDeletions", "maximumDeletionsPercent"], props, path);
  }
}

function checkDrivers(props: ReplicatorProps, path: PathOf): void {
  if (props.events === true) {
    checkSendsEvents(props.primary, path("events"));
  } else {
    const knobs = ["eventsMaximumConcurrency", "eventsTimeoutSeconds", "eventsMaximumReceives"] as const;
    refuseWithout("events", knobs, props, path);
  }
  if (props.fanOut !== true) {
    refuseWithout("fanOut", ["fanOutObjectsPerSecond", "fanOutToleratedFailurePercent"], props, path);
  }
}

/** What would be ignored, because `needed` is not there to read it. */
function refuseWithout(
  needed: string,
  knobs: readonly (keyof ReplicatorProps)[],
  props: ReplicatorProps,
  path: PathOf,
): void {
  const knob = knobs.find((each) => props[each] !== undefined);
  if (knob !== undefined) {
    throw withoutEffect(path(knob), props[knob], needed);
  }
}
