import { readFile } from "node:fs/promises";
import { STACK_NAMES } from "../../contract/stacks";
import { errorCode } from "../../drill/machine/caught-error";
import { EDGE_FACTS_FILE, type EdgeFacts } from "../../operate/edge-facts";
import { readFacts } from "../../operate/facts/facts-file";
import { lastDrill } from "../../operate/observe/last-drill";
import { CONTACTS_FILE, type Contacts, ContactsError, parseContacts } from "../../operate/runbook/contacts";
import type { Deployment } from "../../operate/runbook/deployment";
import { type Measured, measuredBy } from "../../operate/runbook/measured";
import {
  DeploymentUnreadableError,
  readDeployment,
  type SynthesizedStacks,
} from "../../operate/runbook/read-deployment";
import type { RunbookSource } from "../../operate/runbook/render-runbook";
import { FENCE_VARIABLE } from "../commands/fence-variable";
import type { RunbookArguments } from "../commands/runbook";
import { readAllContracts } from "../dependencies/read-all-contracts";
import { type PlannedStack, type PlanPlace, plannedMember, plannedStack } from "../stores/planned-stack";
import { planPlace } from "../stores/store-arguments";
import { WrongUseError } from "../wrong-use-error";

/** What is committed, and checked unless told otherwise. */
export const RUNBOOK_FILE = "RUNBOOK.md";

/** All that a runbook is made of but the last drill. */
export type StandingSource = Omit<RunbookSource, "measured">;

/** @throws WrongUseError for what is missing or cannot be used; FactsMalformedError */
export async function standingSource(given: RunbookArguments): Promise<StandingSource> {
  const [deployment, facts, contacts, contracts] = await Promise.all([
    plannedDeployment(given),
    factsIfThere(given.facts),
    contactsIfThere(given.contacts),
    readAllContracts(given.dependencies),
  ]);
  if (facts !== undefined && facts.hostname !== deployment.hostname) {
    throw new WrongUseError(
      `${given.facts ?? EDGE_FACTS_FILE} is of ${facts.hostname}, the plan of ${deployment.hostname}; name the right file with --facts`,
    );
  }
  return { deployment: { ...deployment, ...shorterFence() }, facts, contacts, contracts };
}

/** What the last drill measured; undefined where no report is to be found. */
export async function lastMeasured(folder: string | undefined): Promise<Measured | undefined> {
  try {
    const { report } = await lastDrill(folder);
    return measuredBy(JSON.parse(await readFile(report, "utf8")));
  } catch (error) {
    if (folder === undefined) return undefined;
    throw new WrongUseError(`--report "${folder}": there is no report of a drill`, { cause: error });
  }
}

/** @throws WrongUseError when the stacks are not there, or are not those of a complete deployment */
export async function plannedDeployment(given: PlanPlace): Promise<Deployment> {
  const planned = await Promise.all(STACK_NAMES.map((name) => plannedStack(planPlace(given), name)));
  const [primary, secondary, replication, edge] = planned as [
    PlannedStack,
    PlannedStack,
    PlannedStack,
    PlannedStack,
  ];
  if (edge.text === undefined) {
    throw new WrongUseError(`there is no plan at ${edge.file}; run: npx cdktf synth`);
  }
  const stacks: SynthesizedStacks = {
    primary: plannedMember(primary),
    secondary: plannedMember(secondary),
    replication: plannedMember(replication),
    edge: plannedMember(edge),
  };
  try {
    return readDeployment(stacks, edge.prefix);
  } catch (error) {
    if (!(error instanceof DeploymentUnreadableError)) throw error;
    throw new WrongUseError(`the plan cannot be made a runbook of: ${error.message}`, { cause: error });
  }
}

/** Of a deployment on this machine, whose time is scaled. */
function shorterFence(): Partial<Pick<Deployment, "fenceSeconds">> {
  const { [FENCE_VARIABLE]: text } = process.env;
  if (text === undefined) return {};
  if (/^\d{1,4}$/.test(text)) return { fenceSeconds: Number(text) };
  throw new WrongUseError(`${FENCE_VARIABLE} is "${text}"; allowed: whole seconds`);
}

/** A runbook without ids is possible, and says what it lacks. */
async function factsIfThere(file: string | undefined): Promise<EdgeFacts | undefined> {
  if (file === undefined && (await textIfThere(EDGE_FACTS_FILE)) === undefined) return undefined;
  return readFacts(file ?? EDGE_FACTS_FILE);
}

async function contactsIfThere(given: string | undefined): Promise<Contacts | undefined> {
  const file = given ?? CONTACTS_FILE;
  const text = await textIfThere(file);
  if (text === undefined) {
    if (given === undefined) return undefined;
    throw new WrongUseError(`--contacts "${given}": there is no such file`);
  }
  try {
    return parseContacts(text, file);
  } catch (error) {
    if (!(error instanceof ContactsError)) throw error;
    throw new WrongUseError(error.message, { cause: error });
  }
}

export async function textIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
