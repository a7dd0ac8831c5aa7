import { z } from "zod";
import { STORE_NAMES } from "../../contract/stores";

/** What can be held up by a dependency. The flip is named by its way, because each way needs something else. */
export const TASKS = [
  "reads",
  "writes",
  "replication",
  "detection",
  "observation",
  "flip-via-api",
  "flip-via-apply",
  "flip-via-config",
  "failback",
] as const;

export type Task = (typeof TASKS)[number];

/** What somebody does in an outage: none of it may need what was lost. Failback is none of it: it takes both stores. */
export const RECOVERY_TASKS = [
  "detection",
  "observation",
  "flip-via-api",
  "flip-via-apply",
  "flip-via-config",
] as const satisfies readonly Task[];

/** `hard`: it stops without; `soft`: it goes on, worse or by the fallback; `none`: it does not notice. */
export const MODES = ["hard", "soft", "none"] as const;

export type Mode = (typeof MODES)[number];

/** Which way a flip goes: what is lost differs, and with it what may be needed. */
export const DIRECTIONS = ["to-secondary", "to-primary"] as const;

export type Direction = (typeof DIRECTIONS)[number];

const name = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "expected small letters, digits and single hyphens")
  .max(64);
const text = z.string().trim().min(1, "expected a text");
const mode = z.enum(MODES);

const provider = z
  .strictObject({
    id: name,
    title: text,
    runsOn: z.array(name).optional().describe("Providers that it falls with."),
  })
  .describe("Whose fate a dependency shares.");

const fallback = z
  .strictObject({
    is: text.describe("What takes its place, as an instruction."),
    provider: name.describe("Whose fate the fallback shares."),
  })
  .describe("What takes its place. Absent: nothing does.");

const takenAway = z
  .strictObject({
    by: z.array(name).min(1).describe("Ids of drill scenarios."),
    as: z
      .union([
        z
          .literal("absent")
          .describe("Nothing of it exists in a drill: somebody flips without it, by Cloudflare's API."),
        z.array(name).min(1).describe("Targets of the scenario's faults, such as primary or cloudflare-api."),
      ])
      .describe("How the scenarios take it away."),
  })
  .describe("The drill scenarios that take it away.");

const dependency = z.strictObject({
  id: name,
  title: text,
  plane: z
    .enum(["data", "control"])
    .describe("data: in the path of requests. control: where things are changed."),
  provider: name,
  store: z.enum(STORE_NAMES).optional().describe("Set on the two stores: what is lost when one of them is."),
  terraformProviders: z
    .array(text)
    .optional()
    .describe("Terraform providers that manage it, as in cloudflare/cloudflare."),
  neededBy: z
    .partialRecord(
      z.enum(TASKS),
      z.union([mode, z.strictObject({ "to-secondary": mode, "to-primary": mode })]),
    )
    .describe("How much each task needs it; by the flip's direction where that differs. Absent: none."),
  degrades: text.describe("What happens when it is slow, refuses or is gone."),
  seen: text.describe("What users see of that."),
  quota: text.describe("The limit that is met first."),
  fallback: fallback.optional(),
  accepted: text
    .optional()
    .describe("Why a hard need of the recovery path without a fallback is lived with."),
  takenAway: takenAway.optional(),
});

/** A file of contracts: ours, `dependencies.yaml`, and those of the teams that use the stores. */
export const CONTRACTS_SCHEMA = z
  .strictObject({
    version: z.literal(1),
    providers: z.array(provider).optional(),
    dependencies: z.array(dependency).min(1),
  })
  .describe("What the service and its recovery depend on.");

export type Provider = z.infer<typeof provider>;
export type Dependency = z.infer<typeof dependency>;
export type ContractsFile = z.infer<typeof CONTRACTS_SCHEMA>;

/** All files together. */
export interface Contracts {
  readonly providers: readonly Provider[];
  readonly dependencies: readonly Dependency[];
}

/** How much a task needs a dependency when the flip goes this way. */
export function needOf({ neededBy }: Dependency, task: Task, direction: Direction): Mode {
  const need = neededBy[task] ?? "none";
  return typeof need === "string" ? need : need[direction];
}

/** The published schema, for editors and for whoever writes such files. */
export function contractsJsonSchema(): object {
  return { ...z.toJSONSchema(CONTRACTS_SCHEMA, { io: "input" }), title: "Dependency contracts" };
}
