import { z } from "zod";
import { EDGE_FACTS_VERSION, type EdgeFacts } from "../edge-facts";
import { FactsMalformedError } from "./facts-errors";

/** Ids are 32 hexadecimal digits; anything else was not given by Cloudflare. */
const id = z.string().regex(/^[0-9a-f]{32}$/, "expected 32 hexadecimal digits, as Cloudflare gives them");

const pool = z.strictObject({ id, name: z.string().min(1), monitorId: id });

/** In the order in which the file has them. */
const shape = z.strictObject({
  version: z.literal(EDGE_FACTS_VERSION),
  checkedAt: z.iso.datetime(),
  hostname: z.string().min(1),
  accountId: id,
  zoneId: id,
  loadBalancerId: id,
  marker: z.strictObject({ recordId: id, name: z.string().min(1), ttlSeconds: z.int().min(1) }),
  pools: z.strictObject({ primary: pool, secondary: pool }),
});

/** @throws FactsMalformedError naming the place */
export function parseFacts(text: string, file: string): EdgeFacts {
  const result = shape.safeParse(parsed(text, file));
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    ({ path, message }) => `${path.join(".") || "the whole"}: ${message}`,
  );
  throw new FactsMalformedError(
    `${file} holds no facts: ${problems.join("; ")}; write it anew: storage-failover facts`,
  );
}

/** As it is kept: always in the same order, so that a diff shows what changed and nothing else. */
export function formatFacts(facts: EdgeFacts): string {
  return `${JSON.stringify(shape.parse(facts), null, 2)}\n`;
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FactsMalformedError(`${file} is no JSON; write it anew: storage-failover facts`, {
      cause: error,
    });
  }
}
