import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { strToU8, zipSync } from "fflate";
import { STACK_NAMES, type StackName } from "../../contract/stacks";
import { STORE_NAMES, type StoreName } from "../../contract/stores";
import { type RunningCloudflareApi, startCloudflareApi } from "../../drill/cloudflare/start-cloudflare-api";
import type { RunningLocalStack } from "../../drill/local-cloud/localstack";
import { type FailoverConfig, failoverConfig } from "../../failover.config";
import { synthesizeStacks } from "../../stacks/synthesize";
import { startLocalStackWithFunctions } from "../support/localstack-lambda/localstack-with-functions";
import { describeReal } from "../support/real-stores";
import { fitProviders } from "../support/terraform/fit-providers";
import {
  PLUGIN_FOLDER_VARIABLE,
  pluginVersions,
  writeCliConfiguration,
} from "../support/terraform/plugin-folder";
import { OVERRIDE_FILE, TerraformProject } from "../support/terraform/terraform-project";

// The providers are large programs: each command of Terraform takes seconds.
jest.setTimeout(600_000);

const pluginFolder = process.env[PLUGIN_FOLDER_VARIABLE];
const versions = pluginVersions(pluginFolder ?? "");
const folder = mkdtempSync(path.join(tmpdir(), "terraform-real-test-"));
const cliConfiguration = path.join(folder, "terraform.rc");
const zipFile = path.join(folder, "replicator.zip");

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What Terraform is to apply, with a runtime that LocalStack knows. */
const config: FailoverConfig = {
  ...failoverConfig,
  useOriginSecret: true,
  protectFromDestroy: false,
  primary: { ...failoverConfig.primary, archiveAfterDays: 90, objectLockDays: 1 },
  replication: {
    ...failoverConfig.replication,
    assetPath: zipFile,
    runtime: "nodejs22.x",
    events: true,
    fanOut: true,
    alarmEmails: ["storage-alerts@example.com"],
    heartbeatSecretName: "storage-failover/heartbeat",
  },
  edge: {
    ...failoverConfig.edge,
    plan: "enterprise",
    regionPools: { NEAS: ["secondary", "primary"] },
    sessionAffinity: "cookie",
    notificationWebhookIds: ["0123456789abcdef0123456789abcdef"],
    edgeCacheSeconds: 60,
  },
};

const keyArn = (region: string) =>
  `arn:aws:kms:${region}:111122223333:key/11111111-2222-3333-4444-555555555555`;

/** The rest of what can be switched on; Terraform is to find it valid. */
const everything: FailoverConfig = {
  ...config,
  acceptPreviousOriginSecret: true,
  primary: {
    ...failoverConfig.primary,
    originAccess: "cloudfront",
    cloudfrontAlias: "assets-origin.example.com",
    cloudfrontCertificateArn:
      "arn:aws:acm:us-east-1:111122223333:certificate/11111111-2222-3333-4444-555555555555",
    encryptionKeyArn: keyArn(failoverConfig.primary.region),
    accessLogBucketName: "example-access-logs",
    inventoryBucketName: "example-inventory",
    replicaBucketName: "example-assets-replica",
    replicaRegion: "eu-west-1",
    replicaEncryptionKeyArn: keyArn("eu-west-1"),
    replicaStorageClass: "STANDARD_IA",
  },
  secondary: {
    ...failoverConfig.secondary,
    vpcId: "11111111-2222-3333-4444-555555555555",
    backups: true,
    monitorAlertEmails: ["storage-alerts@example.com"],
    uptimeCheckHost: failoverConfig.hostname,
    adminCidrs: ["203.0.113.7/32"],
    replicatorCidrs: ["198.51.100.0/24"],
    tags: ["storage"],
  },
  replication: {
    ...config.replication,
    encryptionKeyArn: keyArn(failoverConfig.primary.region),
    slackWorkspaceId: "T0123ABCD",
    slackChannelId: "C0123ABCD",
    pagerDutySecretName: "storage-failover/pagerduty",
    otlpEndpoint: "https://otlp.example.com",
    pushgatewayUrl: "https://pushgateway.example.com",
    reservedConcurrency: 1,
    tracing: true,
  },
  edge: { ...config.edge, notificationPagerdutyIds: ["0123456789abcdef0123456789abcdef"] },
};

/** What is synthesized: `config` for each store as the active one, and `everything` once. */
type Synthesized = StoreName | "everything";

const outdir = (name: Synthesized) => path.join(folder, name);

const stackFolder = (active: Synthesized, stack: StackName) => path.join(outdir(active), "stacks", stack);

function projectOf(active: Synthesized, stack: StackName, more: Readonly<Record<string, string>> = {}) {
  return new TerraformProject(stackFolder(active, stack), {
    TF_CLI_CONFIG_FILE: cliConfiguration,
    TF_VAR_origin_secret: "stands-for-the-origin-secret",
    ...more,
  });
}

/** Terraform finds the state and the providers where they were, when the toggle has changed what is planned. */
function carryState(from: StoreName, to: StoreName, stack: StackName): void {
  for (const file of ["terraform.tfstate", ".terraform", ".terraform.lock.hcl", OVERRIDE_FILE]) {
    const source = path.join(stackFolder(from, stack), file);
    if (existsSync(source))
      cpSync(source, path.join(stackFolder(to, stack), file), { recursive: true, verbatimSymlinks: true });
  }
}

/** LocalStack 4.9 cannot parse a whole number where the language of state machines has a fraction. */
function allowForLocalStack(stack: StackName): void {
  for (const active of STORE_NAMES) {
    const file = path.join(stackFolder(active, stack), "cdk.tf.json");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace(/(ToleratedFailurePercentage\\":\d+)(?=[,}])/, "$1.0"));
  }
}

const missingProviders = new Map<StackName, readonly string[]>();

beforeAll(() => {
  if (pluginFolder === undefined) return;
  writeCliConfiguration(cliConfiguration, pluginFolder);
  // Deployed, not run: other suites run the real one.
  writeFileSync(zipFile, zipSync({ "handler.js": strToU8("exports.handler = async () => {};\n") }));
  for (const name of [...STORE_NAMES, "everything"] as const) {
    const chosen = name === "everything" ? everything : config;
    const activeProvider = name === "everything" ? "primary" : name;
    synthesizeStacks({ activeProvider, config: chosen, outdir: outdir(name) });
    for (const stack of STACK_NAMES) {
      missingProviders.set(stack, fitProviders(path.join(stackFolder(name, stack), "cdk.tf.json"), versions));
    }
  }
});

/** Suites that need real providers, which nobody wants to download in every run of the tests. */
function describeWithPlugins(name: string, body: () => void): void {
  if (pluginFolder === undefined) {
    describe.skip(`${name} (skipped: ${PLUGIN_FOLDER_VARIABLE} names no folder)`, body);
  } else {
    describe(name, body);
  }
}

describeWithPlugins("terraform, with the providers' own schemas", () => {
  it.each(
    STACK_NAMES.flatMap((stack) => [
      { stack, name: "primary" as const, options: "some" },
      { stack, name: "everything" as const, options: "all" },
    ]),
  )("takes the stack $stack with $options options for valid", async ({ stack, name }) => {
    expect(missingProviders.get(stack)).toEqual([]);
    const project = projectOf(name, stack);
    await project.init();
    await project.validate();
  });
});

describeWithPlugins("the edge, applied to a stand-in of Cloudflare's API", () => {
  const token = "x".repeat(40);
  let cloudflare: RunningCloudflareApi;

  beforeAll(async () => {
    cloudflare = await startCloudflareApi({ token });
  });

  afterAll(() => cloudflare.stop());

  it("is created, is then as planned, flips by two updates in place, the marker first, and is destroyed", async () => {
    const environment = { CLOUDFLARE_BASE_URL: cloudflare.baseUrl, CLOUDFLARE_API_TOKEN: token };
    const before = projectOf("primary", "edge", environment);
    await before.init();
    await before.apply();
    expect(await before.plan()).toEqual([]);

    carryState("primary", "secondary", "edge");
    const after = projectOf("secondary", "edge", environment);
    expect(
      (await after.plan()).map(({ address, actions, changed }) => ({
        type: address.split(".")[0],
        actions,
        changed,
      })),
    ).toEqual([
      { type: "cloudflare_dns_record", actions: ["update"], changed: expect.arrayContaining(["content"]) },
      {
        type: "cloudflare_load_balancer",
        actions: ["update"],
        changed: expect.arrayContaining(["default_pools", "fallback_pool"]),
      },
    ]);
    const flip = cloudflare.changes.length;
    await after.apply();
    expect(cloudflare.changes.slice(flip).map((change) => change.replace(/[0-9a-f]{32}/g, "*"))).toEqual([
      "PUT /zones/*/dns_records/*",
      "PUT /zones/*/load_balancers/*",
    ]);
    expect(await after.plan()).toEqual([]);
    await after.destroy();
  });
});

if (pluginFolder !== undefined) {
  describeReal("the stacks on AWS, applied to LocalStack", ["localstack"], () => {
    let localStack: RunningLocalStack;

    beforeAll(async () => {
      localStack = await startLocalStackWithFunctions({
        storeName: "primary",
        bucketName: "of-nobody",
        region: "eu-central-1",
        originHost: "of-nobody.s3.eu-central-1.amazonaws.com",
        folder: path.join(folder, "localstack"),
      });
    });

    afterAll(() => localStack.stop());

    it.each(["primary", "replication"] as const)(
      "%s is created, is then as planned, whichever store is active, and is destroyed",
      async (stack) => {
        const environment = {
          AWS_ENDPOINT_URL: `http://127.0.0.1:${localStack.port}`,
          AWS_ACCESS_KEY_ID: localStack.accessKeyId,
          AWS_SECRET_ACCESS_KEY: localStack.secretAccessKey,
        };
        const before = projectOf("primary", stack, environment);
        allowForLocalStack(stack);
        before.override({ provider: { aws: { s3_use_path_style: true, skip_metadata_api_check: true } } });
        await before.init();
        await before.apply();
        expect(await before.plan()).toEqual([]);

        carryState("primary", "secondary", stack);
        const after = projectOf("secondary", stack, environment);
        expect(await after.plan()).toEqual([]);
        await after.destroy();
      },
    );
  });
}
