/** Where a contender finds one of the two stores; the same bucket name on both. */
export interface Endpoint {
  readonly url: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The environment that every contender written here is started with. */
export const CONTENDER_VARIABLES = {
  source: "BENCH_SOURCE",
  destination: "BENCH_DESTINATION",
  bucket: "BENCH_BUCKET",
  region: "BENCH_REGION",
  accessKeyId: "BENCH_ACCESS_KEY_ID",
  secretAccessKey: "BENCH_SECRET_ACCESS_KEY",
  /** PEM file; set with TLS only. */
  certificates: "BENCH_CERTIFICATES",
  /** `thin` or `sdk`; for the replicator only. */
  client: "BENCH_CLIENT",
} as const;

export function endpointOf(store: "source" | "destination"): Endpoint {
  return {
    url: variable(CONTENDER_VARIABLES[store]),
    bucket: variable(CONTENDER_VARIABLES.bucket),
    region: variable(CONTENDER_VARIABLES.region),
    accessKeyId: variable(CONTENDER_VARIABLES.accessKeyId),
    secretAccessKey: variable(CONTENDER_VARIABLES.secretAccessKey),
  };
}

/** @throws Error that names the variable when it is missing */
export function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set; the bench starts this program`);
  return value;
}
