import type { Mutation, Proof } from "./mutation";

const client = (file: string, named: string): Proof => ({ test: `test/lambda/s3/${file}.test.ts`, named });

const gate = (named: string): Proof => ({ test: "test/drill/workload-judgement.test.ts", named });

const SYSTEM_HISTORIES: Proof = { test: "test/drill/virtual-histories.test.ts", named: "random histories" };

const ANSWERS: readonly Mutation[] = [
  {
    name: "if-none-match-not-sent",
    without: "the condition that a key is absent goes out with the request",
    file: "lambda/s3/thin/object-headers.ts",
    text: 'list.push("if-none-match", "*");',
    by: "list.push();",
    proofs: [client("conformance", "refuses to create a key that exists")],
  },
  {
    name: "if-match-not-sent",
    without: "the ETag that was seen goes out with the request",
    file: "lambda/s3/thin/object-headers.ts",
    text: `list.push("if-match", \`"\${condition.etag}"\`);`,
    by: "list.push();",
    proofs: [client("conformance", "overwrites the ETag that was seen, and no other")],
  },
  {
    name: "listing-out-of-order",
    without: "a listing ascends",
    file: "lambda/s3/checked-listing.ts",
    text: "if (strange !== undefined) {",
    by: "if (strange?.length === -1) {",
    proofs: [
      client("answers", "is not ascending is malformed"),
      client("answers", "is ascending by UTF-16 units only is malformed"),
    ],
  },
  {
    name: "any-page-is-a-listing",
    without: "a listing is of the bucket that was asked for",
    file: "lambda/s3/checked-listing.ts",
    text: "isTruncated === undefined || listing.bucket !== request.bucket",
    by: "isTruncated === undefined",
    proofs: [client("answers", "is of another bucket is malformed")],
  },
  {
    name: "keys-in-utf-16-order",
    without: "keys are compared as stores list them",
    file: "lambda/s3/key-order.ts",
    text: "return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;",
    by: "return unit;",
    proofs: [
      { test: "test/lambda/replicator/diff.test.ts", named: "is that of their UTF-8 bytes" },
      client("answers", "is ascending by UTF-16 units only is malformed"),
    ],
  },
  {
    name: "cut-body-is-whole",
    without: "a body that ends early is no body",
    file: "lambda/s3/checked-body.ts",
    text: "if (this.received === this.size) this.push(null);",
    by: "if (this.received <= this.size) this.push(null);",
    proofs: [client("transport", "is no body when it is shorter")],
  },
  {
    name: "secret-in-message",
    without: "a server's words are told without the secret that they repeat",
    file: "lambda/s3/without-secrets.ts",
    text: '.reduce((cleaned, spelling) => cleaned.replaceAll(spelling, "…"), text);',
    by: ".reduce((cleaned) => cleaned, text);",
    proofs: [client("documents", "that failed with words that repeat the secret is reported without it")],
  },
  {
    name: "clients-uploads-aborted",
    without: "only uploads of our own are aborted",
    file: "lambda/replicator/abandoned-uploads.ts",
    text: "age >= -CLOCK_TOLERANCE_MILLISECONDS && age <= CLOCK_TOLERANCE_MILLISECONDS + LIFETIME_MILLISECONDS",
    by: "!Number.isNaN(age)",
    proofs: [
      {
        test: "test/lambda/replicator/multipart.test.ts",
        named: "uploads that nobody goes on with (rule 10)",
      },
    ],
  },
];

/** The drill's writer does what the library asks of everybody's. */
const WRITERS: readonly Mutation[] = [
  {
    name: "writer-without-fence",
    without: "a writer waits the fence before it writes to another store",
    file: "drill/workload/writer-gate.ts",
    text: "now >= state.fencedUntil",
    by: "now >= 0",
    proofs: [gate("stays closed for the fence after the store has changed")],
  },
  {
    name: "writer-without-hold",
    without: "a writer acts on one reading of the marker for a while only",
    file: "drill/workload/writer-gate.ts",
    text: "now - state.readAt >= limits.holdMilliseconds",
    by: "now - state.readAt < 0",
    proofs: [gate("opens on the first reading, and closes when that is too old"), SYSTEM_HISTORIES],
  },
  {
    name: "writer-ignores-pause",
    without: "a writer writes nothing while writes are paused",
    file: "drill/workload/writer-gate.ts",
    text: "&& !state.writesPaused && now",
    by: "&& now",
    proofs: [gate("the writer's gate")],
  },
];

export const STORE_MUTATIONS: readonly Mutation[] = [...ANSWERS, ...WRITERS];
