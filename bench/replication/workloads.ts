import type { ContenderName } from "./contenders";

/** What the destination holds before the run that is measured. */
type DestinationState = "nothing" | "the same" | "an older version of each";

export interface Entry {
  readonly contender: ContenderName;
  /** Fewer objects than the others get, where more would only take longer: figures are per object. */
  readonly objects?: number;
}

export interface Workload {
  readonly name: string;
  /** As the results describe it. */
  readonly title: string;
  readonly objects: number;
  /** Bytes of each part of an object; one part: put at once. */
  readonly parts: readonly number[];
  readonly destination: DestinationState;
  /** @default false */
  readonly tls?: boolean;
  /** That every answer takes longer. @default 0 */
  readonly delayMilliseconds?: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
  /** What processor time is given per. */
  readonly per: "object" | "MB";
  readonly entries: readonly Entry[];
}

const KB = 1000;
const MB = 1000 * KB;
const MIB = 1024 * 1024;

const PLAIN_HEADERS = { "content-type": "application/octet-stream" };

/** Everything that travels, and nearly as much user metadata as still fits beside a stamp. */
const RICH_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "image/svg+xml",
  "cache-control": "public, max-age=31536000, immutable",
  "content-disposition": 'attachment; filename="drawing.svg"',
  "content-language": "de-CH",
  expires: "Wed, 21 Oct 2099 07:28:00 GMT",
  ...Object.fromEntries(
    Array.from({ length: 12 }, (_, index) => [
      `x-amz-meta-property-${index + 1}`,
      "value ".repeat(12).trim(),
    ]),
  ),
};

const RICH_TAGS = {
  project: "drawings",
  owner: "team a",
  retention: "7 years",
  class: "public",
  stage: "final",
};

/** In the order in which they are measured and shown. */
export const WORKLOADS: readonly Workload[] = [
  {
    name: "small",
    title: "20,000 new objects of 10 KB",
    objects: 20_000,
    parts: [10 * KB],
    destination: "nothing",
    headers: PLAIN_HEADERS,
    per: "object",
    entries: [
      { contender: "replicator" },
      { contender: "sdk", objects: 8_000 },
      { contender: "copy-everything", objects: 2_000 },
      { contender: "rclone" },
      { contender: "rclone-metadata" },
      { contender: "rclone-no-head" },
    ],
  },
  {
    name: "small-tls",
    title: "the same over TLS",
    objects: 20_000,
    parts: [10 * KB],
    destination: "nothing",
    tls: true,
    headers: PLAIN_HEADERS,
    per: "object",
    entries: [
      { contender: "replicator" },
      { contender: "sdk", objects: 5_000 },
      { contender: "copy-everything", objects: 1_000 },
      { contender: "rclone", objects: 10_000 },
      { contender: "rclone-metadata", objects: 10_000 },
      { contender: "rclone-no-head", objects: 10_000 },
    ],
  },
  {
    name: "small-20ms",
    title: "the same, 20 ms away",
    objects: 20_000,
    parts: [10 * KB],
    destination: "nothing",
    delayMilliseconds: 20,
    headers: PLAIN_HEADERS,
    per: "object",
    entries: [
      { contender: "replicator" },
      { contender: "sdk", objects: 5_000 },
      { contender: "copy-everything", objects: 200 },
      { contender: "rclone-256" },
      { contender: "rclone-no-head-256" },
    ],
  },
  {
    name: "overwritten",
    title: "5,000 overwritten objects of 10 KB",
    objects: 5_000,
    parts: [10 * KB],
    destination: "an older version of each",
    headers: PLAIN_HEADERS,
    per: "object",
    entries: [{ contender: "replicator" }, { contender: "sdk", objects: 2_000 }, { contender: "rclone" }],
  },
  {
    name: "unchanged",
    title: "1,000,000 unchanged objects",
    objects: 1_000_000,
    parts: [10 * KB],
    destination: "the same",
    headers: PLAIN_HEADERS,
    per: "object",
    entries: [{ contender: "replicator" }, { contender: "sdk" }, { contender: "rclone" }],
  },
  {
    name: "metadata",
    title: "5,000 new objects of 1 KB with 17 headers and 5 tags",
    objects: 5_000,
    parts: [KB],
    destination: "nothing",
    headers: RICH_HEADERS,
    tags: RICH_TAGS,
    per: "object",
    entries: [
      { contender: "replicator" },
      { contender: "sdk", objects: 2_000 },
      { contender: "copy-everything", objects: 1_000 },
      { contender: "rclone-metadata" },
    ],
  },
  {
    name: "multipart",
    title: "1,000 objects put in two parts, 5 MiB and 100 KB",
    objects: 1_000,
    parts: [5 * MIB, 100 * KB],
    destination: "nothing",
    headers: PLAIN_HEADERS,
    per: "MB",
    entries: [
      { contender: "replicator" },
      { contender: "sdk", objects: 200 },
      { contender: "copy-everything", objects: 200 },
      { contender: "rclone" },
    ],
  },
  {
    name: "large",
    title: "20 objects of 50 MB",
    objects: 20,
    parts: [50 * MB],
    destination: "nothing",
    headers: PLAIN_HEADERS,
    per: "MB",
    entries: [
      { contender: "replicator" },
      { contender: "sdk" },
      { contender: "copy-everything" },
      { contender: "rclone" },
    ],
  },
  {
    name: "huge",
    title: "1 object of 1 GB",
    objects: 1,
    parts: [1000 * MB],
    destination: "nothing",
    headers: PLAIN_HEADERS,
    per: "MB",
    entries: [
      { contender: "replicator" },
      { contender: "sdk" },
      { contender: "copy-everything" },
      { contender: "rclone" },
      { contender: "rclone-one-put" },
    ],
  },
];

export function bytesOf({ parts }: Pick<Workload, "parts">): number {
  return parts.reduce((sum, size) => sum + size, 0);
}
