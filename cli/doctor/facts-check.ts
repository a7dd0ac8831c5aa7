import type { EdgeFacts } from "../../operate/edge-facts";
import { changedFacts } from "../../operate/facts/changed-facts";
import { FactsMalformedError, FactsMissingError } from "../../operate/facts/facts-errors";
import { EdgeNotFoundError, findFacts } from "../../operate/facts/find-facts";
import { NotAskedError } from "../../operate/observe/ask";
import { timeSpan } from "../time-span";
import type { Check, Finding, Patient } from "./check";

/** Ids stay; what has not been looked at for so long is looked at again before it is needed. */
const STALE_DAYS = 30;
const DAY_MILLISECONDS = 86_400_000;

const FIX = "storage-failover facts";

export const FACTS_CHECK: Check = {
  id: "facts",
  group: "facts",
  title: "the ids for a flip through Cloudflare's API alone are there, and right",
  run: checkFacts,
};

async function checkFacts(patient: Patient): Promise<Finding> {
  let facts: EdgeFacts;
  try {
    facts = await patient.facts();
  } catch (error) {
    if (!(error instanceof FactsMissingError || error instanceof FactsMalformedError)) throw error;
    return { status: "problem", found: error.message, fix: FIX };
  }
  const age = judgeAge(facts, new Date());
  try {
    const api = await patient.cloudflare();
    const { hostname, zoneId } = facts;
    const changed = changedFacts(facts, await findFacts(api, { hostname, zoneId }, patient.signal));
    if (changed.length === 0) return { status: "ok", found: `all ids of ${hostname} are still Cloudflare's` };
    const told = changed.map(({ path, was, is }) => `${path} was ${was}, is ${is}`).join("; ");
    return { status: "problem", found: told, fix: FIX };
  } catch (error) {
    if (error instanceof EdgeNotFoundError) return { status: "problem", found: error.message, fix: FIX };
    // Without a token their age is all that can be told.
    if (error instanceof NotAskedError) return age;
    throw error;
  }
}

export function judgeAge(
  { checkedAt, hostname }: Pick<EdgeFacts, "checkedAt" | "hostname">,
  now: Date,
): Finding {
  const milliseconds = now.getTime() - Date.parse(checkedAt);
  const found = `ids of ${hostname}, read back ${timeSpan(Math.max(0, milliseconds / 1000))} ago`;
  const isStale = milliseconds > STALE_DAYS * DAY_MILLISECONDS;
  return isStale ? { status: "warning", found, fix: FIX } : { status: "ok", found };
}
