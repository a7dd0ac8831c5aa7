import type { StoreName } from "./stores";

/**
 * Names of the replicator's environment variables: the construct writes them, `lambda/replicator/config.ts`
 * reads them. No secret is ever among them: `CREDENTIALS_SECRET` is the name of a secret.
 */
export function storeVariables(store: StoreName) {
  const prefix = store.toUpperCase();
  return {
    /** S3 API base URL, without the bucket. */
    endpoint: `${prefix}_ENDPOINT`,
    bucket: `${prefix}_BUCKET`,
    /** Region to sign for. */
    region: `${prefix}_REGION`,
    /** `virtual` or `path`. */
    addressStyle: `${prefix}_ADDRESS_STYLE`,
    /** Name of the Secrets Manager secret holding `{"accessKeyId","secretAccessKey"}`. Absent: the function's role. */
    credentialsSecret: `${prefix}_CREDENTIALS_SECRET`,
  } as const;
}

export const MARKER_VARIABLES = {
  /** Full name of the TXT record. */
  name: "MARKER_NAME",
  /** Two DNS-over-HTTPS (JSON) URLs, separated by a comma. */
  resolvers: "MARKER_RESOLVERS",
  /** Seconds for which one reading may be acted on. */
  holdSeconds: "MARKER_HOLD_SECONDS",
} as const;

/** Seconds after which a request to a store is given up. */
export const REQUEST_TIMEOUT_VARIABLE = "REQUEST_TIMEOUT_SECONDS";

/** Two resolvers of different operators; both must give the same answer. */
export const DEFAULT_RESOLVERS = [
  "https://cloudflare-dns.com/dns-query",
  "https://dns.google/resolve",
] as const;

/**
 * Seconds, on the source's clock, by which an object may look older than the last clean pass and still be
 * looked at closely. Absent: `DEFAULT_WATERMARK_MARGIN_SECONDS`.
 */
export const WATERMARK_MARGIN_VARIABLE = "WATERMARK_MARGIN_SECONDS";

/** Far above the whole second in which listings show times, and any difference between one store's servers. */
export const DEFAULT_WATERMARK_MARGIN_SECONDS = 120;

/** `debug` logs a line for each object written. Absent: `info`. */
export const LOG_LEVEL_VARIABLE = "LOG_LEVEL";

/** Seconds for which a sweep excludes others without renewing its lease. Absent: `DEFAULT_LEASE_SECONDS`. */
export const LEASE_VARIABLE = "LEASE_SECONDS";

/** What a run that died leaves others waiting for, and half as long again. */
export const DEFAULT_LEASE_SECONDS = 60;

/** Which implementation reads and writes the stores. Absent: `thin`. */
export const S3_CLIENT_VARIABLE = "S3_CLIENT";

/** `thin`: our own, at a fraction of the cost. `sdk`: the AWS SDK's, which does the same. */
export const S3_CLIENT_NAMES = ["thin", "sdk"] as const;

/** An S3 client of the replicator's. */
export type S3ClientName = (typeof S3_CLIENT_NAMES)[number];

/** What is done about deletions that the source's history proves. Absent: `markers`. */
export const DELETIONS_VARIABLE = "DELETIONS";

/** `markers`: a delete marker, which can be undone. `off`: they are reported. */
export const DELETION_MODES = ["markers", "off"] as const;

/** A way to treat deletions. */
export type DeletionMode = (typeof DELETION_MODES)[number];

/** Deletions that one run may place; if it finds more it places none. Absent: `DEFAULT_MAXIMUM_DELETIONS`. */
export const MAXIMUM_DELETIONS_VARIABLE = "MAXIMUM_DELETIONS";

/** The same as a share of the standby's keys, 0 to 100. Absent: `DEFAULT_MAXIMUM_DELETIONS_PERCENT`. */
export const MAXIMUM_DELETIONS_PERCENT_VARIABLE = "MAXIMUM_DELETIONS_PERCENT";

export const DEFAULT_MAXIMUM_DELETIONS = 1000;

export const DEFAULT_MAXIMUM_DELETIONS_PERCENT = 10;

/** Whom the sweep tells of a run beside CloudWatch. Each is absent where nobody is told. */
export const TELLING_VARIABLES = {
  /** Name of the secret whose text is the https URL that is called after each clean pass. */
  heartbeatSecret: "HEARTBEAT_SECRET",
  /** Base URL of an OpenTelemetry collector, without `/v1/metrics`. */
  otlpEndpoint: "OTLP_ENDPOINT",
  /** Name of the secret with the collector's request headers, as JSON: `{"Authorization":"…"}`. */
  otlpHeadersSecret: "OTLP_HEADERS_SECRET",
  /** Base URL of a Prometheus Pushgateway, without `/metrics`. */
  pushgatewayUrl: "PUSHGATEWAY_URL",
  /** Name of the secret with the Pushgateway's request headers, in the same form. */
  pushgatewayHeadersSecret: "PUSHGATEWAY_HEADERS_SECRET",
} as const;
