import type { StoreConfig } from "../../lambda/replicator/config";
import { WrongUseError } from "../wrong-use-error";

/** A store's S3 API, without credentials. */
export type StoreAddress = Pick<StoreConfig, "endpoint" | "bucket" | "region" | "addressStyle">;

export interface AddressOptions {
  /** The option that the address was given to, for messages: `--from`. */
  readonly option: string;
  /** @default - the region in an AWS host name; `AWS_REGION` for `s3://`; else us-east-1 */
  readonly region?: string;
  /** @default - virtual on AWS, path elsewhere */
  readonly addressStyle?: StoreAddress["addressStyle"];
  /** `AWS_REGION` of the environment, if it is set. */
  readonly awsRegion?: string;
}

/** What MinIO and most other servers sign for unless they are told otherwise. */
const REGION_ELSEWHERE = "us-east-1";

const AWS_HOST = /^s3[.-]([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/;
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/;
const ALLOWED = "primary, secondary, s3://<bucket>, https://<endpoint>/<bucket>";

/**
 * Reads `s3://bucket` or `https://endpoint/bucket`.
 *
 * @throws WrongUseError saying what is allowed; a URL's user and query, which may be secrets, are never repeated
 */
export function storeAddress(text: string, options: AddressOptions): StoreAddress {
  const url = parseUrl(text, options.option);
  if (url.username || url.password || url.search || url.hash) {
    throw new WrongUseError(
      `${options.option}: an address holds no user, password or query; give credentials as environment variables (see --help)`,
    );
  }
  if (url.protocol === "s3:") return awsAddress(url, options);
  if (url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname))) {
    return serverAddress(url, options);
  }
  const why =
    url.protocol === "http:" ? "plain http is for this machine only; use https" : `allowed: ${ALLOWED}`;
  throw new WrongUseError(`${options.option} "${text}": ${why}`);
}

function awsAddress(url: URL, { option, region, awsRegion, addressStyle }: AddressOptions): StoreAddress {
  const bucket = url.host;
  if (url.pathname.length > 1) throw tooLong(url, option);
  checkBucket(bucket, option);
  const signed = region ?? awsRegion;
  if (!signed) {
    throw new WrongUseError(
      `${option} "s3://${bucket}": the region is not known; give ${option}-region or set AWS_REGION`,
    );
  }
  const domain = signed.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return {
    endpoint: `https://s3.${signed}.${domain}`,
    bucket,
    region: signed,
    addressStyle: addressStyle ?? awsStyle(bucket),
  };
}

function serverAddress(url: URL, { option, region, addressStyle }: AddressOptions): StoreAddress {
  const [bucket = "", ...rest] = url.pathname.slice(1).replace(/\/$/, "").split("/");
  if (bucket === "") {
    throw new WrongUseError(`${option} "${url.origin}": the bucket is missing; allowed: ${ALLOWED}`);
  }
  if (rest.length > 0) throw tooLong(url, option);
  checkBucket(bucket, option);
  const awsRegion = AWS_HOST.exec(url.hostname)?.[1];
  return {
    endpoint: url.origin,
    bucket,
    region: region ?? awsRegion ?? REGION_ELSEWHERE,
    addressStyle: addressStyle ?? (awsRegion === undefined ? "path" : awsStyle(bucket)),
  };
}

/** AWS's certificates do not cover a bucket with a dot as a host name. */
function awsStyle(bucket: string): StoreAddress["addressStyle"] {
  return bucket.includes(".") ? "path" : "virtual";
}

function parseUrl(text: string, option: string): URL {
  if (/^[a-z0-9]+:\/\//i.test(text) && URL.canParse(text)) return new URL(text);
  // Without a scheme it cannot be told whether part of it is a secret.
  const shown = /^[\w.-]{1,63}$/.test(text) ? ` "${text}"` : "";
  throw new WrongUseError(`${option}${shown} is no store; allowed: ${ALLOWED}`);
}

function checkBucket(bucket: string, option: string): void {
  if (BUCKET.test(bucket)) return;
  throw new WrongUseError(
    `${option}: "${bucket}" is no bucket name; allowed: letters, digits, ".", "-", "_"`,
  );
}

function tooLong(url: URL, option: string): WrongUseError {
  return new WrongUseError(
    `${option} "${url.href}" names more than a bucket; to take only a part of it give --prefix`,
  );
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
}
