import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { describe, expect, it } from "@jest/globals";
import { App, TerraformStack } from "cdktf";
import { STACK_NAMES } from "../../contract/stacks";
import type { FailoverConfig } from "../../failover.config";
import { S3PrimaryStore } from "../../lib/primary/s3-primary-store";
import { StateBackend } from "../../lib/state-backend";
import { synthesizeStacks } from "../../stacks/synthesize";
import { temporaryFolder } from "../lib/temporary-folder";
import { configWithAsset } from "./replicator-asset";

/**
 * Where each construct stands and what Terraform calls it. A name that goes from this list takes somebody's resource with
 * it at the next apply: keep the id, or write the move into the upgrade guide.
 */
const folder = temporaryFolder();
const config = configWithAsset(folder);

type Block = Readonly<Record<string, unknown>>;

function isBlock(value: unknown): value is Block {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return isBlock(value) ? Object.entries(value) : [];
}

/** A line for each resource and data source, as in `store/bucket  aws_s3_bucket.store_bucket_6D52E199`, and for what people name from outside. */
function namesIn(plan: Block, stackDepth: number): readonly string[] {
  const resources = ["resource", "data"].flatMap((kind) =>
    entriesOf(plan[kind]).flatMap(([type, named]) =>
      entriesOf(named).map(([name, resource]) => {
        const address = `${kind === "data" ? "data." : ""}${type}.${name}`;
        return `${pathOf(resource, stackDepth).padEnd(44)} ${address}`;
      }),
    ),
  );
  const others = ["variable", "output", "provider"].flatMap((kind) =>
    entriesOf(plan[kind]).map(([name]) => `${kind}.${name}`),
  );
  return [...resources, ...others].sort();
}

/** Within its stack, which itself stands `stackDepth` constructs deep. */
function pathOf(resource: unknown, stackDepth: number): string {
  const notes = isBlock(resource) ? resource["//"] : undefined;
  const metadata = isBlock(notes) ? notes.metadata : undefined;
  const path = isBlock(metadata) ? String(metadata.path) : "";
  return path.split("/").slice(stackDepth).join("/");
}

/** By stack. */
type Names = ReadonlyMap<string, readonly string[]>;

const known = new Map<Partial<FailoverConfig>, Names>();

function namesWith(change: Partial<FailoverConfig>): Names {
  const found = known.get(change) ?? synthesizedNames(change);
  known.set(change, found);
  return found;
}

function synthesizedNames(change: Partial<FailoverConfig>): Names {
  const outdir = join(folder, `option-${known.size}`);
  const stacks = synthesizeStacks({ activeProvider: "primary", config: { ...config, ...change }, outdir });
  return new Map(STACK_NAMES.map((stack) => [stack, namesIn(stacks[stack], 2)]));
}

const DEFAULT_DEPLOYMENT = {};
const defaults = namesWith(DEFAULT_DEPLOYMENT);

/** Everything that can be had beside the default deployment, and adds constructs. */
const OPTIONS: Readonly<Record<string, Partial<FailoverConfig>>> = {
  "an origin secret": { useOriginSecret: true },
  "reads through CloudFront": {
    useOriginSecret: true,
    primary: {
      ...config.primary,
      originAccess: "cloudfront",
      cloudfrontAlias: "origin.example.com",
      cloudfrontCertificateArn:
        "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555",
    },
  },
  "a replica in another region": {
    primary: { ...config.primary, replicaBucketName: "example-assets-replica", replicaRegion: "eu-west-1" },
  },
  "object lock, on the replica too": {
    primary: {
      ...config.primary,
      objectLockDays: 7,
      replicaBucketName: "example-assets-replica",
      replicaRegion: "eu-west-1",
    },
  },
  "access log and inventory": {
    primary: {
      ...config.primary,
      accessLogBucketName: "example-access-logs",
      inventoryBucketName: "example-inventory",
    },
  },
  "alerts of the droplet": {
    secondary: {
      ...config.secondary,
      monitorAlertEmails: ["storage-alerts@example.com"],
      uptimeCheckHost: "assets.example.com",
    },
  },
  events: {
    replication: { ...config.replication, events: true, alarmEmails: ["storage-alerts@example.com"] },
  },
  "fan-out": { replication: { ...config.replication, fanOut: true } },
  "alarms by mail": {
    replication: { ...config.replication, alarmEmails: ["storage-alerts@example.com"] },
  },
  "alarms in Slack": {
    replication: { ...config.replication, slackWorkspaceId: "T0123456789", slackChannelId: "C0123456789" },
  },
  "alarms at PagerDuty": { replication: { ...config.replication, pagerDutySecretName: "example/pagerduty" } },
};

/** Constructs that the four stacks do not use. */
const ALONE: Readonly<Record<string, (stack: TerraformStack) => unknown>> = {
  "a bucket that exists, with all that can be asked for": (stack) =>
    S3PrimaryStore.fromBucket(stack, "existing", {
      bucketName: "example-assets-primary",
      region: "eu-central-1",
      versioned: true,
      createHealthObject: true,
      manageReadPolicy: true,
      sendEvents: true,
    }),
};

function namesAlone(create: (stack: TerraformStack) => unknown): readonly string[] {
  const outdir = join(folder, "alone");
  const app = new App({ outdir, stackTraces: false });
  const stack = new TerraformStack(app, "stack");
  StateBackend.local().attachTo(stack);
  new AwsProvider(stack, "aws", { region: "eu-central-1" });
  create(stack);
  app.synth();
  return namesIn(JSON.parse(readFileSync(join(outdir, "stacks", "stack", "cdk.tf.json"), "utf8")), 1);
}

describe("names that somebody's deployment depends on", () => {
  it.each(STACK_NAMES)("the %s stack has", (stack) => {
    expect(defaults.get(stack)).toMatchSnapshot();
  });

  it.each(Object.entries(OPTIONS))("%s adds", (_option, change) => {
    const names = namesWith(change);

    const added = STACK_NAMES.flatMap((stack) =>
      (names.get(stack) ?? [])
        .filter((name) => !defaults.get(stack)?.includes(name))
        .map((name) => `${stack}: ${name}`),
    );
    expect(added).toMatchSnapshot();
  });

  it.each(Object.entries(OPTIONS))("%s destroys nothing when it is switched on later", (_option, change) => {
    const names = namesWith(change);

    const gone = STACK_NAMES.flatMap((stack) =>
      (defaults.get(stack) ?? []).filter((name) => !names.get(stack)?.includes(name)),
    );
    expect(gone).toEqual([]);
  });

  it.each(Object.entries(ALONE))("%s has", (_construct, create) => {
    expect(namesAlone(create)).toMatchSnapshot();
  });

  it("are all of them: no construct is made under an id that is not listed here", () => {
    const listed = [
      ...[DEFAULT_DEPLOYMENT, ...Object.values(OPTIONS)].flatMap((change) =>
        [...namesWith(change).values()].flat(),
      ),
      ...Object.values(ALONE).flatMap(namesAlone),
    ];
    const segments = new Set(listed.flatMap((name) => name.split(" ")[0]?.split(/[/.]/) ?? []));

    const written = idsInSources();

    expect(written.length).toBeGreaterThan(60);
    expect(written.filter(({ id }) => ![...segments].some((segment) => id.test(segment)))).toEqual([]);
  });
});

/** Ids as the constructs of `lib/` write them: literals, and templates as patterns. Assets are files, and nothing in a cloud. */
function idsInSources(): readonly { readonly file: string; readonly id: RegExp }[] {
  const lib = join(__dirname, "..", "..", "lib");
  return readdirSync(lib, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => {
      const text = readFileSync(join(lib, file), "utf8");
      const made = text.matchAll(
        /\bnew (?!TerraformAsset\b)[A-Z]\w+\(\s*[a-z][\w.]*,\s*(?:"([^"]+)"|`([^`]+)`)/g,
      );
      return [...made].map(([, literal = "", template = ""]) => ({
        file,
        id: new RegExp(`^${(literal || template).replaceAll(/\$\{[^}]*\}/g, ".+")}$`),
      }));
    });
}
