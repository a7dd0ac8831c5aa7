import { type Block, blockAt, blocksOf, isBlock } from "../../lib/checks/plan-reading";

/** Makes another plan of one, which stays as it is. */
export type PlanChange = (plan: Block) => Block;

/** The plan with a value at a path; undefined removes what is there. */
export function put(path: readonly string[], value: unknown): PlanChange {
  const [key = "", ...rest] = path;
  return (plan) => {
    const inner = rest.length === 0 ? value : put(rest, value)(blockAt(plan, key));
    const others = Object.fromEntries(Object.entries(plan).filter(([name]) => name !== key));
    return inner === undefined ? others : { ...others, [key]: inner };
  };
}

/**
 * The plan with other arguments in the first resource of a type.
 *
 * @throws Error when there is none: a mutation that changes nothing would prove nothing
 */
export function first(type: string, change: Block | ((values: Block) => Block)): PlanChange {
  return (plan) => {
    const [name] = Object.keys(blockAt(plan, "resource", type));
    if (name === undefined) {
      throw new Error(`the plan has no ${type}`);
    }
    const values = blockAt(plan, "resource", type, name);
    const changed = typeof change === "function" ? change(values) : change;
    return put(["resource", type, name], withoutAbsent({ ...values, ...changed }))(plan);
  };
}

/** The plan with other statements in its bucket policy. */
export function statements(change: (statements: readonly Block[]) => readonly Block[]): PlanChange {
  return first("aws_s3_bucket_policy", ({ policy }) => {
    const document: unknown = JSON.parse(String(policy));
    const all = isBlock(document) ? blocksOf(document.Statement) : [];
    return { policy: JSON.stringify({ Version: "2012-10-17", Statement: change(all) }) };
  });
}

function withoutAbsent(values: Block): Block {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
