import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { App, TerraformStack } from "cdktf";
import { Replicator, type ReplicatorProps } from "../../lib/replication/replicator";
import { examplePrimary, exampleSecondary } from "./example-stores";
import { type SynthesizedResource, synthesizedResources } from "./synthesized-resources";

export interface Statement {
  readonly Action: string[];
  readonly Resource: string[];
  readonly Condition?: unknown;
}

/** The replicator alone in a stack, between the example stores. `folder` takes what is synthesized. */
export function exampleReplicator(folder: string) {
  const assetPath = join(folder, "replicator.zip");
  const assetBytes = "the bytes of a zip";
  writeFileSync(assetPath, assetBytes);
  const exampleProps: ReplicatorProps = {
    primary: examplePrimary,
    secondary: exampleSecondary,
    hostname: "assets.example.com",
    assetPath,
  };

  function createReplicator(change: Partial<ReplicatorProps> = {}) {
    const app = new App({ outdir: join(folder, "out") });
    const stack = new TerraformStack(app, "replication");
    new AwsProvider(stack, "aws", { region: "eu-central-1" });
    return { app, replicator: new Replicator(stack, "replicator", { ...exampleProps, ...change }) };
  }

  /** Through the app, because only that copies assets. */
  function synthesizeReplicator(change: Partial<ReplicatorProps> = {}) {
    const { app } = createReplicator(change);
    app.synth();
    const stackFolder = join(app.outdir, "stacks", "replication");
    const text = readFileSync(join(stackFolder, "cdk.tf.json"), "utf8");
    const { resources, only } = synthesizedResources(text);
    const alarm = (metric: string) =>
      Object.values(resources.aws_cloudwatch_metric_alarm ?? {}).find(
        ({ metric_name }) => metric_name === metric,
      ) ?? {};
    const statements = () => statementsOf(only("aws_iam_role_policy"));
    return { stackFolder, text, resources, only, alarm, statements };
  }

  return { assetPath, assetBytes, createReplicator, synthesizeReplicator };
}

export function statementsOf(policy: SynthesizedResource): Statement[] {
  return JSON.parse(String(policy.policy)).Statement;
}
