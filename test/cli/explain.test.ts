import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { explanationText } from "../../cli/explain/explain-text";
import { type Explanation, type ExplanationInputs, explain } from "../../cli/explain/explanation";
import { flipPathsByRule } from "../../cli/explain/flip-paths";
import { TEXT_WIDTH } from "../../cli/wrapped-text";
import { STACK_NAMES } from "../../contract/stacks";
import { synthesizePlans } from "../../drill/stage/plans";
import { OUTAGE_KINDS, predictDataAtRisk, predictRecoveryTime } from "../../lib/objectives";
import { readDeployment } from "../../operate/runbook/read-deployment";
import { edgeStackJson } from "../drill/edge-stack-fixture";
import { runCommand } from "../support/command-line";

const NO_CONTRACTS = { providers: [], dependencies: [] };

describe("what a flip changes, by rule", () => {
  it("is marker, order and fallback, and the outputs that there are", () => {
    expect(flipPathsByRule(edgeStackJson())).toEqual([
      "edge: resource.cloudflare_dns_record.marker.content",
      "edge: resource.cloudflare_load_balancer.edge_load_balancer.default_pools",
      "edge: resource.cloudflare_load_balancer.edge_load_balancer.fallback_pool",
    ]);
  });

  it("has the lists of regions that can change, and no record of somebody else", () => {
    const { resource } = edgeStackJson();
    const { edge_load_balancer: balancer } = resource.cloudflare_load_balancer;
    const stack = {
      output: { active_store: { value: "primary" }, hostname: { value: "assets.example.com" } },
      resource: {
        cloudflare_dns_record: { ...resource.cloudflare_dns_record, other: { name: "www.example.com" } },
        cloudflare_load_balancer: {
          edge: { ...balancer, region_pools: { WEU: balancer.default_pools, OC: [balancer.fallback_pool] } },
        },
      },
    };
    expect(flipPathsByRule(stack)).toEqual([
      "edge: output.active_store.value",
      "edge: resource.cloudflare_dns_record.marker.content",
      "edge: resource.cloudflare_load_balancer.edge.default_pools",
      "edge: resource.cloudflare_load_balancer.edge.fallback_pool",
      "edge: resource.cloudflare_load_balancer.edge.region_pools.WEU",
    ]);
  });
});

describe("explain", () => {
  let folder: string;
  let inputs: ExplanationInputs;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "explain-test-"));
    const { stacks } = await synthesizePlans("primary", folder);
    inputs = {
      deployment: readDeployment(stacks),
      active: "primary",
      changedPaths: flipPathsByRule(stacks.edge),
      isSynthesized: false,
      contracts: NO_CONTRACTS,
      primary: stacks.primary,
    };
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function idsOf({ limits }: Explanation): readonly string[] {
    return limits.map(({ id }) => id);
  }

  it("says by rule what the app says when it is synthesized for both values", async () => {
    const proven = await runCommand(["explain", "--synthesize", "--json", "--synthesized", folder]);
    expect(proven).toMatchObject({ code: 0, error: "" });
    const { flip } = JSON.parse(proven.out);
    expect(flip).toEqual({ isSynthesized: true, changedPaths: inputs.changedPaths });
    const byRule = await runCommand(["explain", "--json", "--synthesized", folder]);
    expect(byRule).toMatchObject({ code: 0, error: "" });
    expect(JSON.parse(byRule.out)).toMatchObject({
      command: "explain",
      hostname: "assets.example.com",
      active: "primary",
      flip: { isSynthesized: false, changedPaths: inputs.changedPaths },
    });
  });

  it("predicts with the numbers of the plan", () => {
    const explanation = explain(inputs);
    const { timings } = inputs.deployment.stores.primary;
    for (const kind of OUTAGE_KINDS) {
      expect(explanation.recovery[kind]).toEqual(predictRecoveryTime(kind, timings));
    }
    expect(explanation.dataAtRisk).toEqual(predictDataAtRisk({ intervalSeconds: 300 }));
    expect(explanation.fence).toEqual({
      seconds: 110,
      ttlSeconds: 60,
      holdSeconds: 20,
      requestTimeoutSeconds: 30,
    });
    expect(explanation.plannedPauseSeconds).toBe(520);
  });

  it("names the limits that this deployment adds to those of all", () => {
    const { deployment } = inputs;
    const usual = idsOf(explain(inputs));
    expect(usual).toContain("minio-keys");
    expect(usual).not.toContain("kms");
    const { droplet: _gone, ...existing } = deployment;
    const changed = explain({
      ...inputs,
      deployment: { ...existing, hasRegionPools: true, notified: [] },
      primary: {
        resource: {
          aws_s3_bucket_server_side_encryption_configuration: {
            encryption: {
              rule: [{ apply_server_side_encryption_by_default: { kms_master_key_id: "arn:…" } }],
            },
          },
        },
      },
    });
    expect(idsOf(changed).filter((id) => !usual.includes(id))).toEqual([
      "existing-secondary",
      "kms",
      "region-pools",
      "nobody-told",
    ]);
  });

  it("fits a narrow terminal, whatever is not planned", () => {
    const { deployment } = inputs;
    const { everyMinutes: _none, ...replication } = deployment.replication;
    for (const one of [deployment, { ...deployment, replication }]) {
      const text = explanationText(explain({ ...inputs, deployment: one }));
      expect(text).not.toMatch(/undefined|NaN|\[object/);
      const wide = text.split("\n").filter((line) => line.length > TEXT_WIDTH && !/\S{60}/.test(line));
      expect(wide).toEqual([]);
    }
  });

  it("tells what a flip depends on, in as few words as say it", () => {
    const needs = (id: string, stops: string, worse: string) => ({
      id,
      title: id,
      stops,
      worse,
      fallback: null,
    });
    const text = explanationText({
      ...explain(inputs),
      dependencies: [
        needs("the API", "reads, flip-via-api, flip-via-apply, flip-via-config", "–"),
        needs(
          "the primary",
          "flip-via-api to-primary, flip-via-apply to-primary, flip-via-config to-primary",
          "–",
        ),
        needs("Terraform", "flip-via-apply", "flip-via-config"),
        needs("npm", "–", "flip-via-apply"),
        needs("chat", "detection", "–"),
      ],
    });
    expect(text).toContain("· the API: every flip. Instead: nothing");
    expect(text).toContain("· the primary: every flip to primary. Instead: nothing");
    expect(text).toContain("· Terraform: flip --via apply. Instead: nothing");
    expect(text).toContain("worse, without: npm\n");
    expect(text).not.toContain("chat");
  });

  it("needs a plan, and says how to get one", async () => {
    const empty = join(folder, "empty");
    mkdirSync(empty);
    writeFileSync(join(empty, "manifest.json"), "{}");
    const end = await runCommand(["explain", "--synthesized", empty]);
    expect(end).toMatchObject({ code: 2, out: "" });
    expect(end.error).toContain("npx cdktf synth");
    expect(STACK_NAMES.every((name) => existsSync(join(folder, "stacks", name)))).toBe(true);
  });
});
