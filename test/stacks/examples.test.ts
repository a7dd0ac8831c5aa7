import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { temporaryFolder } from "../lib/temporary-folder";

/** The examples as they stand, run in this process with the context that the CDKTF CLI would hand them. */
const folder = temporaryFolder();
const examples = join(__dirname, "..", "..", "examples");
const surroundings = { ...process.env };

beforeEach(() => {
  process.env.CDKTF_OUTDIR = mkdtempSync(join(folder, "out-"));
});

afterEach(() => {
  process.env = { ...surroundings };
});

function synthesizeExample(name: string, activeProvider?: string) {
  const settings: { context: Record<string, unknown> } = JSON.parse(
    readFileSync(join(examples, name, "cdktf.json"), "utf8"),
  );
  process.env.CDKTF_CONTEXT_JSON = JSON.stringify({
    ...settings.context,
    ...(activeProvider && { activeProvider }),
  });
  jest.isolateModules(() => {
    require(join(examples, name, "main.ts"));
  });
  const stacks = join(process.env.CDKTF_OUTDIR ?? "", "stacks");
  const text = (stack: string) => readFileSync(join(stacks, stack, "cdk.tf.json"), "utf8");
  return { stacks: readdirSync(stacks).sort(), text };
}

describe("examples/smallest", () => {
  it("makes the four stacks", () => {
    const { stacks, text } = synthesizeExample("smallest");

    expect(stacks).toEqual(["edge", "primary", "replication", "secondary"]);
    expect(JSON.parse(text("edge")).terraform.backend).toEqual({
      local: { path: "../../../terraform.edge.tfstate" },
    });
  });

  it("follows its one word", () => {
    expect(
      JSON.parse(synthesizeExample("smallest", "secondary").text("edge")).output.active_store.value,
    ).toBe("secondary");
  });
});

describe("examples/own-stack", () => {
  it("puts the edge into the team's own stack, without touching the zone's rulesets", () => {
    const { stacks, text } = synthesizeExample("own-stack");
    const plan = JSON.parse(text("downloads-edge"));

    expect(stacks).toEqual(["downloads-edge"]);
    expect(Object.keys(plan.resource).sort()).toEqual([
      "cloudflare_dns_record",
      "cloudflare_load_balancer",
      "cloudflare_load_balancer_monitor",
      "cloudflare_load_balancer_pool",
    ]);
    expect(plan.output.recovery_seconds_at_worst.value).toBe(20);
  });
});
