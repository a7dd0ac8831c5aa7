import { CONTENDER_VARIABLES } from "../contenders/endpoints";

/** What a contender is started with. */
export interface Place {
  readonly source: string;
  readonly destination: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** PEM file of the servers' certificates; with TLS only. */
  readonly certificates?: string;
}

/** Programs that a contender may need. */
export interface Programs {
  /** Folder of the bundles of `bench/contenders/`. */
  readonly bundles: string;
  /** Absent where it cannot be had. */
  readonly rclone?: string;
}

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

interface Contender {
  /** As tables name it. */
  readonly title: string;
  /** Undefined where what it needs is missing. */
  command(place: Place, programs: Programs): Command | undefined;
}

const REGION = "us-east-1";

export const CONTENDERS = {
  replicator: {
    title: "this replicator",
    command: (place, { bundles }) => replicator("thin", place, bundles),
  },
  sdk: {
    title: "the same on the AWS SDK",
    command: (place, { bundles }) => replicator("sdk", place, bundles),
  },
  "copy-everything": {
    title: "copy everything, one at a time",
    command: (place, { bundles }) => node(`${bundles}/copy-everything.js`, place, {}),
  },
  rclone: { title: "rclone", command: rclone(64) },
  "rclone-metadata": { title: "rclone --metadata", command: rclone(64, "--metadata") },
  "rclone-no-head": { title: "rclone --s3-no-head", command: rclone(64, "--s3-no-head") },
  "rclone-256": { title: "rclone, 256 transfers", command: rclone(256) },
  "rclone-no-head-256": {
    title: "rclone --s3-no-head, 256 transfers",
    command: rclone(256, "--s3-no-head"),
  },
  "rclone-one-put": {
    title: "rclone, in one PUT",
    command: rclone(64, "--s3-upload-cutoff", "5G", "--multi-thread-streams", "0"),
  },
} satisfies Readonly<Record<string, Contender>>;

export type ContenderName = keyof typeof CONTENDERS;

/** The one that all others are compared with. */
export const OURS: ContenderName = "replicator";

function replicator(client: "thin" | "sdk", place: Place, bundles: string): Command {
  return node(`${bundles}/replicator.js`, place, { [CONTENDER_VARIABLES.client]: client });
}

function node(program: string, place: Place, more: Readonly<Record<string, string>>): Command {
  const { certificates } = place;
  return {
    file: process.execPath,
    args: [program],
    environment: {
      [CONTENDER_VARIABLES.source]: place.source,
      [CONTENDER_VARIABLES.destination]: place.destination,
      [CONTENDER_VARIABLES.bucket]: place.bucket,
      [CONTENDER_VARIABLES.region]: REGION,
      [CONTENDER_VARIABLES.accessKeyId]: place.accessKeyId,
      [CONTENDER_VARIABLES.secretAccessKey]: place.secretAccessKey,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
      ...(certificates !== undefined && {
        [CONTENDER_VARIABLES.certificates]: certificates,
        NODE_EXTRA_CA_CERTS: certificates,
      }),
      ...more,
    },
  };
}

/** rclone as its documentation advises for many objects; configured by its environment, without a file. */
function rclone(transfers: number, ...more: readonly string[]) {
  return (place: Place, programs: Programs): Command | undefined => {
    if (programs.rclone === undefined) return undefined;
    const { bucket, certificates } = place;
    return {
      file: programs.rclone,
      args: [
        ...["sync", `source:${bucket}`, `destination:${bucket}`, "--config", ""],
        ...["--fast-list", "--checksum"],
        ...["--transfers", String(transfers), "--checkers", String(transfers)],
        ...["--retries", "1", "--stats", "0", "--log-level", "ERROR"],
        ...(certificates === undefined ? [] : ["--ca-cert", certificates]),
        ...more,
      ],
      environment: {
        ...remote("SOURCE", place.source, place),
        ...remote("DESTINATION", place.destination, place),
      },
    };
  };
}

function remote(name: string, endpoint: string, place: Place): Record<string, string> {
  const settings = {
    TYPE: "s3",
    PROVIDER: "Minio",
    ENDPOINT: endpoint,
    REGION,
    ACCESS_KEY_ID: place.accessKeyId,
    SECRET_ACCESS_KEY: place.secretAccessKey,
    // Saves a request; the bucket is there.
    NO_CHECK_BUCKET: "true",
  };
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [`RCLONE_CONFIG_${name}_${key}`, value]),
  );
}
