import {
  DEFAULT_LEASE_SECONDS,
  DEFAULT_MAXIMUM_DELETIONS,
  DEFAULT_MAXIMUM_DELETIONS_PERCENT,
  DEFAULT_RESOLVERS,
  DEFAULT_WATERMARK_MARGIN_SECONDS,
  DELETION_MODES,
  DELETIONS_VARIABLE,
  LEASE_VARIABLE,
  LOG_LEVEL_VARIABLE,
  MARKER_VARIABLES,
  MAXIMUM_DELETIONS_PERCENT_VARIABLE,
  MAXIMUM_DELETIONS_VARIABLE,
  REQUEST_TIMEOUT_VARIABLE,
  S3_CLIENT_NAMES,
  S3_CLIENT_VARIABLE,
  type S3ClientName,
  storeVariables,
  TELLING_VARIABLES,
  WATERMARK_MARGIN_VARIABLE,
} from "../../contract/environment";
import { MARKER_HOLD_SECONDS, REQUEST_TIMEOUT_SECONDS } from "../../contract/marker";
import type { StoreName } from "../../contract/stores";
import type { DeletePolicy } from "./delete-policy";
import type { ExportTarget } from "./telling/export-target";
import type { TellingConfig } from "./telling/tell";

/** Where a store is and how to sign for it. */
export interface StoreConfig {
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly addressStyle: "virtual" | "path";
  /** Name of the secret with the key pair. Absent: the function's role. */
  readonly credentialsSecret?: string;
}

export interface ReplicatorConfig {
  readonly stores: Readonly<Record<StoreName, StoreConfig>>;
  readonly markerName: string;
  readonly resolvers: readonly string[];
  readonly holdSeconds: number;
  readonly requestTimeoutSeconds: number;
  readonly watermarkMarginSeconds: number;
  readonly leaseSeconds: number;
  readonly logsCopies: boolean;
  /** Which implementation reads and writes the stores. */
  readonly s3Client: S3ClientName;
  readonly deletes: DeletePolicy;
  readonly telling: TellingConfig;
}

/** The environment does not say what the function needs. */
export class EnvironmentError extends Error {
  public override readonly name = "EnvironmentError";
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The only reader of the function's environment.
 *
 * @throws EnvironmentError naming the variable, its value and what is allowed
 */
export function readConfig(environment: Environment): ReplicatorConfig {
  return {
    stores: {
      primary: storeConfig(environment, "primary"),
      secondary: storeConfig(environment, "secondary"),
    },
    markerName: required(environment, MARKER_VARIABLES.name),
    resolvers: environment[MARKER_VARIABLES.resolvers]?.split(",") ?? DEFAULT_RESOLVERS,
    holdSeconds: seconds(environment, MARKER_VARIABLES.holdSeconds, MARKER_HOLD_SECONDS),
    requestTimeoutSeconds: seconds(environment, REQUEST_TIMEOUT_VARIABLE, REQUEST_TIMEOUT_SECONDS),
    watermarkMarginSeconds: seconds(environment, WATERMARK_MARGIN_VARIABLE, DEFAULT_WATERMARK_MARGIN_SECONDS),
    leaseSeconds: seconds(environment, LEASE_VARIABLE, DEFAULT_LEASE_SECONDS),
    logsCopies: environment[LOG_LEVEL_VARIABLE] === "debug",
    s3Client: oneOf(environment, S3_CLIENT_VARIABLE, S3_CLIENT_NAMES),
    deletes: {
      mode: oneOf(environment, DELETIONS_VARIABLE, DELETION_MODES),
      mostKeys: wholeNumber(environment, MAXIMUM_DELETIONS_VARIABLE, DEFAULT_MAXIMUM_DELETIONS),
      mostPercent: wholeNumber(
        environment,
        MAXIMUM_DELETIONS_PERCENT_VARIABLE,
        DEFAULT_MAXIMUM_DELETIONS_PERCENT,
        100,
      ),
    },
    telling: {
      heartbeatSecret: environment[TELLING_VARIABLES.heartbeatSecret],
      otlp: exportTarget(environment, TELLING_VARIABLES.otlpEndpoint, TELLING_VARIABLES.otlpHeadersSecret),
      pushgateway: exportTarget(
        environment,
        TELLING_VARIABLES.pushgatewayUrl,
        TELLING_VARIABLES.pushgatewayHeadersSecret,
      ),
    },
  };
}

/** Nobody where no URL is set. */
function exportTarget(environment: Environment, name: string, secret: string): ExportTarget | undefined {
  const url = environment[name];
  if (url === undefined) return undefined;
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) {
    return { url, headersSecret: environment[secret] };
  }
  throw new EnvironmentError(`${name} is "${url}"; allowed: an http or https URL`);
}

function storeConfig(environment: Environment, store: StoreName): StoreConfig {
  const names = storeVariables(store);
  const addressStyle = required(environment, names.addressStyle);
  if (addressStyle !== "virtual" && addressStyle !== "path") {
    throw new EnvironmentError(`${names.addressStyle} is "${addressStyle}"; allowed: virtual, path`);
  }
  return {
    endpoint: required(environment, names.endpoint),
    bucket: required(environment, names.bucket),
    region: required(environment, names.region),
    addressStyle,
    credentialsSecret: environment[names.credentialsSecret],
  };
}

/** The first one where nothing is said. */
function oneOf<T extends string>(environment: Environment, name: string, allowed: readonly [T, ...T[]]): T {
  const text = environment[name];
  const chosen = text === undefined ? allowed[0] : allowed.find((known) => known === text);
  if (chosen !== undefined) return chosen;
  throw new EnvironmentError(`${name} is "${text}"; allowed: ${allowed.join(", ")}`);
}

function wholeNumber(
  environment: Environment,
  name: string,
  otherwise: number,
  most = Number.MAX_SAFE_INTEGER,
): number {
  const text = environment[name];
  if (text === undefined) return otherwise;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? "0 or more" : `0 to ${most}`;
  throw new EnvironmentError(`${name} is "${text}"; allowed: a whole number, ${range}`);
}

function required(environment: Environment, name: string): string {
  const value = environment[name];
  if (!value) throw new EnvironmentError(`${name} is not set; the Replicator construct sets it`);
  return value;
}

function seconds(environment: Environment, name: string, otherwise: number): number {
  const text = environment[name];
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value <= 0) {
    throw new EnvironmentError(`${name} is "${text}"; allowed: a number of seconds above 0`);
  }
  return value;
}
