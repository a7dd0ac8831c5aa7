import { z } from "zod";
import { STORE_NAMES } from "../../contract/stores";
import { BREAKABLE_TARGETS, FAULTS } from "./fault-kinds";

const store = z.enum(STORE_NAMES);

const seconds = z.number().positive().max(86_400);

const within = seconds
  .default(900)
  .describe("Seconds of the real deployment after which waiting in vain is a failure.");

/** Lower case, words joined by `-`. */
export const identifier = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, { error: "expected words in lower case, joined by -" });

const key = z.string().min(1).max(200).regex(/^[^/]/, { error: "a key must not begin with /" });

const fault = z
  .strictObject({
    target: z.enum(BREAKABLE_TARGETS),
    kind: z.enum([...new Set(Object.values(FAULTS).flat())]),
    seconds: seconds.optional().describe("slow: how late answers are, in seconds of the real deployment."),
    minutes: z
      .number()
      .min(-1440)
      .max(1440)
      .optional()
      .describe("clock-skewed: how far the clock is ahead; below 0 behind."),
    perSecond: z
      .number()
      .positive()
      .optional()
      .describe("throttled: requests a second of this machine that are let through."),
    atOnce: z
      .int()
      .positive()
      .optional()
      .describe("throttled, instead of perSecond: requests that are answered at the same time."),
    share: z.number().positive().max(1).optional().describe("cut: which part of the exchanges."),
    regions: z
      .array(z.string().regex(/^[A-Z]+$/))
      .min(1)
      .optional()
      .describe("region-lost: as Cloudflare calls them, such as WEU."),
  })
  .superRefine(({ target, kind, ...details }, context) => {
    const kinds: readonly string[] = FAULTS[target];
    if (!kinds.includes(kind)) {
      context.addIssue({
        code: "custom",
        path: ["kind"],
        message: `${target} cannot be "${kind}"; it can be ${kinds.join(", ")}`,
      });
    }
    const needed = details.atOnce === undefined ? NEEDED[kind] : undefined;
    if (needed !== undefined && details[needed] === undefined) {
      context.addIssue({ code: "custom", path: [], message: `"${kind}" needs ${needed}` });
    }
  })
  .describe("Breaks something. A later fault of the same target takes the place of an earlier one.");

const NEEDED: Readonly<Record<string, "seconds" | "minutes" | "perSecond" | "share" | "regions">> = {
  slow: "seconds",
  "clock-skewed": "minutes",
  throttled: "perSecond",
  cut: "share",
  "region-lost": "regions",
};

const wait = z
  .union([
    z.strictObject({ seconds: seconds.describe("Just so long, in seconds of the real deployment.") }),
    z.strictObject({ pool: z.strictObject({ store, healthy: z.boolean() }), within }),
    z.strictObject({ readersOn: store, within }).describe("A read was answered by that store."),
    z
      .strictObject({ readersQuiet: seconds, within })
      .describe("No read has failed for so long, in seconds of the real deployment."),
    z.strictObject({ readsFailing: z.int().positive(), within }).describe("So many reads fail from now on."),
    z.strictObject({ writerOn: store, within }).describe("The writer writes to that store."),
    z.strictObject({ writerPaused: z.literal(true), within }),
    z
      .strictObject({ writes: z.int().positive(), within })
      .describe("So many writes are acknowledged from now on."),
    z
      .strictObject({ copies: z.int().positive(), within })
      .describe("So many objects are copied by replication from now on."),
    z.strictObject({ lagBelow: seconds, within }).describe("A run vouches for all but the last seconds."),
    z.strictObject({ fence: z.literal(true) }).describe("The fence F."),
  ])
  .describe("Waits for a time or for a condition.");

const operator = z
  .strictObject({
    run: z
      .union([z.string().min(1), z.array(z.string()).min(1)])
      .describe(
        "What follows storage-failover, as in: flip --to secondary --yes. A list where a word has spaces. {fence} stands for the fence F as this run has to wait for it, in seconds.",
      ),
    who: identifier.default("operator").describe("Each person has a machine and a project of their own."),
    exit: z.int().min(0).max(255).default(0).describe("The exit code that must come."),
    says: z
      .union([z.string(), z.array(z.string())])
      .optional()
      .describe("Texts that must be in what it prints."),
  })
  .describe("A person runs the command line, as a process of its own.");

const apply = z
  .strictObject({ active: store })
  .describe("The pipeline applies the plan of this toggle: the marker, then the load balancer.");

const marker = z
  .strictObject({ active: store, writesPaused: z.boolean().default(false) })
  .describe("Somebody changes the marker alone.");

const replicate = z
  .union([
    z.strictObject({ until: z.literal("clean") }).describe("Runs until one is clean."),
    z
      .strictObject({ begin: z.literal(true) })
      .describe("A run begins, and the story goes on; the next step that replicates waits for it."),
    z
      .strictObject({
        outcome: z.enum(["clean", "incomplete", "failed", "stopped", "yielded", "none", "any"]),
      })
      .describe("One run, which must end so. none: it left no report. any: however it ends."),
  ])
  .describe("The function runs outside its schedule.");

const by = z.enum(["person", "stale-writer"]).default("person");

const put = z
  .strictObject({
    store,
    key,
    body: z.string().max(100_000).optional().describe("Left out: a sentence that names key and store."),
    keys: z
      .int()
      .min(1)
      .max(100_000)
      .optional()
      .describe("So many objects, with a number after the key. Left out: just this one."),
    by,
  })
  .describe("Somebody who does not ask the marker writes.");

const remove = z
  .strictObject({ store, key, keys: z.int().min(1).max(100_000).optional(), by })
  .describe("Somebody who does not ask the marker deletes. keys: as in put.");

const events = z
  .strictObject({
    prefix: z.string().max(200).describe("Of the keys whose puts on the primary are told of."),
    copies: z.int().min(1).max(100).default(1).describe("How often each event is there."),
    order: z.enum(["as-written", "reversed", "shuffled"]).default("as-written"),
    batch: z.int().min(1).max(10_000).default(10).describe("Events that are delivered at once."),
    copied: z
      .int()
      .min(0)
      .optional()
      .describe("Objects that must have been copied because of them. Left out: any number."),
  })
  .describe(
    "S3's events of what was written so far, delivered to the function as a queue does: until none comes back.",
  );

const recall = z
  .strictObject({ store, key, body: z.string().max(100_000).describe("What an older version must hold.") })
  .describe("A person looks for what a key held before.");

/** Every verb that a step may be, by its name. */
export const VERBS = {
  phase: identifier.describe("A new chapter: figures are given by phase."),
  fault,
  mend: z.enum(BREAKABLE_TARGETS).describe("Ends whatever fault the target has."),
  wait,
  operator,
  apply,
  marker,
  replicate,
  schedule: z.enum(["on", "off"]).describe("Whether the function runs on its schedule."),
  writer: z.enum(["on", "off"]).describe("Whether the writer writes."),
  put,
  delete: remove,
  events,
  recall,
  survey: z
    .strictObject({ store, moment: identifier })
    .describe("Lists everything that a store holds, for the log."),
  compare: z
    .strictObject({ moment: identifier })
    .describe("Compares both stores byte by byte and header by header."),
} as const;

export type Verb = keyof typeof VERBS;

export type StepOf<Name extends Verb> = z.infer<(typeof VERBS)[Name]>;

/** A step that does one thing. */
export type SimpleStep = { [Name in Verb]: Readonly<Record<Name, StepOf<Name>>> }[Verb];

/** A step, or several. */
export type Step =
  | SimpleStep
  | { readonly together: readonly Step[] }
  | { readonly repeat: { readonly times: number; readonly steps: readonly Step[] } };

export const COMPOSITE_VERBS = ["together", "repeat"] as const;

const VERB_NAMES = Object.keys(VERBS) as Verb[];

const simpleSteps = VERB_NAMES.map((verb) => z.strictObject({ [verb]: VERBS[verb] }));

/** What a step may be; one object with one verb. */
export const STEP: z.ZodType<Step> = z.lazy(() =>
  z.union([
    ...simpleSteps,
    z
      .strictObject({ together: z.array(STEP).min(2).max(8) })
      .describe("Several steps at the same time; ends when all have."),
    z.strictObject({
      repeat: z.strictObject({ times: z.int().min(2).max(100), steps: z.array(STEP).min(1) }),
    }),
  ]),
) as z.ZodType<Step>;
