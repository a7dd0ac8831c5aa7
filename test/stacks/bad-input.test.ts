import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { App } from "cdktf";
import { CONFIGURATION_ERROR_CODES } from "../../lib/configuration-error-codes";
import { FailoverLoadBalancer, type FailoverLoadBalancerProps } from "../../lib/edge/failover-load-balancer";
import { S3PrimaryStore } from "../../lib/primary/s3-primary-store";
import { StateBackend } from "../../lib/state-backend";
import { StorageFailover } from "../../lib/storage-failover";
import type { EdgeConfig, StorageFailoverProps } from "../../lib/storage-failover-props";
import { activeProviderFromSurroundings } from "../../stacks/active-provider-from-surroundings";
import { exampleEdgeProps, examplePrimary, exampleSecondary } from "../lib/example-stores";
import { itRefusesEach, type RefusedInput, refusalOf } from "../lib/refusal";
import { temporaryFolder } from "../lib/temporary-folder";
import { configWithAsset } from "./replicator-asset";

/** Every configuration that cannot work is refused before anything is written, with all that is needed to mend it. */
const folder = temporaryFolder();
const config = configWithAsset(folder);
const newApp = () => new App({ outdir: join(folder, "out") });

function failover(change: Partial<StorageFailoverProps>): () => unknown {
  return () => new StorageFailover(newApp(), "app", { ...config, activeProvider: "primary", ...change });
}

const edge = (change: Partial<EdgeConfig>) => failover({ edge: { ...config.edge, ...change } });

const primary = (bucketName: string) => failover({ primary: { ...config.primary, bucketName } });

const secondary = (change: Partial<StorageFailoverProps["secondary"]>) =>
  failover({ secondary: { ...config.secondary, ...change } });

/** The construct by itself, for what `StorageFailover` never passes on. */
function edgeAlone(change: Partial<FailoverLoadBalancerProps>): () => unknown {
  return () => new FailoverLoadBalancer(newApp(), "alone", { ...exampleEdgeProps, ...change });
}

/** What a caller without types can do. */
function untyped<Value>(value: unknown): Value {
  return value as Value;
}

function twiceInOneApp(change: Partial<StorageFailoverProps>): () => unknown {
  return () => {
    const app = newApp();
    const props: StorageFailoverProps = { ...config, ...change, activeProvider: "primary" };
    new StorageFailover(app, "images", props);
    new StorageFailover(app, "videos", props);
  };
}

const table: readonly RefusedInput[] = [
  {
    input: "a second one in the same app, whose stacks would overwrite the first one's",
    attempt: twiceInOneApp({}),
    code: "STACK_NAME_TAKEN",
    path: "videos/stackNamePrefix",
    value: "primary",
    allowed: "no other stack",
    fix: "stackNamePrefix",
  },
  {
    input: "two in one app with the same prefix",
    attempt: twiceInOneApp({ stackNamePrefix: "media" }),
    code: "STACK_NAME_TAKEN",
    path: "videos/stackNamePrefix",
    value: "media-primary",
    allowed: "no other stack",
    fix: "stackNamePrefix",
  },
  {
    input: "a prefix that is no name of a stack",
    attempt: failover({ stackNamePrefix: "my media" }),
    code: "VALUE_INVALID",
    path: "app/stackNamePrefix",
    value: "my media-primary",
    allowed: "letters, digits and hyphens",
    fix: "images",
  },
  {
    input: "a missing toggle",
    attempt: failover({ activeProvider: untyped(undefined) }),
    code: "ACTIVE_PROVIDER_MISSING",
    path: "app/activeProvider",
    value: undefined,
    allowed: '"primary" or "secondary"',
    fix: "app/activeProvider",
  },
  {
    input: "a wrong toggle as prop",
    attempt: failover({ activeProvider: untyped("minio") }),
    code: "ACTIVE_PROVIDER_UNKNOWN",
    path: "app/activeProvider",
    value: "minio",
    allowed: '"primary" or "secondary"',
    fix: "app/activeProvider",
  },
  {
    input: "a bucket name with dots",
    attempt: primary("assets.example.com"),
    code: "BUCKET_NAME_HAS_DOT",
    path: "app/primary/store/bucketName",
    value: "assets.example.com",
    allowed: "lower-case letters, digits and hyphens",
    fix: "assets-example-com",
  },
  {
    input: "an invalid bucket name",
    attempt: primary("Assets"),
    code: "BUCKET_NAME_INVALID",
    path: "app/primary/store/bucketName",
    value: "Assets",
    allowed: "3 to 63 lower-case letters",
    fix: "another name",
  },
  {
    input: "an invalid name of the secondary's bucket",
    attempt: secondary({ bucketName: "-assets" }),
    code: "BUCKET_NAME_INVALID",
    path: "app/secondary/store/bucketName",
    value: "-assets",
    allowed: "beginning and ending with a letter or digit",
    fix: "another name",
  },
  {
    input: "an origin host two labels below the zone",
    attempt: secondary({ originHost: "standby.assets.example.com" }),
    code: "ORIGIN_HOST_NOT_BELOW_ZONE",
    path: "app/secondary/store/originHost",
    value: "standby.assets.example.com",
    allowed: ".example.com",
    fix: "assets-standby.example.com",
  },
  {
    input: "an origin host in another zone",
    attempt: secondary({ originHost: "standby.example.net" }),
    code: "ORIGIN_HOST_NOT_BELOW_ZONE",
    path: "app/secondary/store/originHost",
    value: "standby.example.net",
    allowed: ".example.com",
    fix: ".example.com",
  },
  {
    input: "a region code that the blueprint made up",
    attempt: edge({ checkRegions: untyped(["WEU", "EUN"]) }),
    code: "CHECK_REGION_UNKNOWN",
    path: "app/edge/edge/checkRegions",
    value: "EUN",
    allowed: "WNAM, ENAM, WEU",
    fix: "from the list",
  },
  {
    input: "a region code in small letters",
    attempt: edge({ checkRegions: untyped(["weu", "eeu"]) }),
    code: "CHECK_REGION_UNKNOWN",
    path: "app/edge/edge/checkRegions",
    value: ["weu", "eeu"],
    allowed: "WEU",
    fix: "capitals",
  },
  {
    input: "no region at all, which would mean every data centre",
    attempt: edge({ checkRegions: [] }),
    code: "VALUE_INVALID",
    path: "app/edge/edge/checkRegions",
    value: [],
    allowed: "1 to 8",
    fix: '["WEU"]',
  },
  {
    input: "all regions below Enterprise",
    attempt: edge({ plan: "business", checkRegions: ["ALL_REGIONS"] }),
    code: "VALUE_INVALID",
    path: "app/edge/edge/checkRegions",
    value: ["ALL_REGIONS"],
    allowed: "up to 8 single regions",
    fix: "enterprise plan",
  },
  {
    input: "more regions than the plan can buy",
    attempt: edge({ checkRegions: ["WNAM", "ENAM", "WEU", "EEU", "NSAM", "SSAM", "OC", "ME", "NAF"] }),
    code: "NUMBER_OUT_OF_RANGE",
    path: "app/edge/edge/checkRegions",
    value: 9,
    allowed: "1 to 8 regions",
    fix: "leave 1 out",
  },
  {
    input: "an interval below the Pro plan's minimum, which Business allows",
    attempt: edge({ plan: "pro", intervalSeconds: 30 }),
    code: "INTERVAL_BELOW_PLAN_MINIMUM",
    path: "app/edge/edge/intervalSeconds",
    value: 30,
    allowed: "60 to 3600 seconds",
    fix: "use 60, or the business plan",
  },
  {
    input: "an interval below every plan's minimum",
    attempt: edge({ plan: "enterprise", intervalSeconds: 5 }),
    code: "INTERVAL_BELOW_PLAN_MINIMUM",
    path: "app/edge/edge/intervalSeconds",
    value: 5,
    allowed: "10 to 3600 seconds",
    fix: "use 10",
  },
  {
    input: "a plan that Cloudflare does not sell",
    attempt: edge({ plan: untyped("platinum") }),
    code: "VALUE_INVALID",
    path: "app/edge/edge/plan",
    value: "platinum",
    allowed: "free, pro, business, enterprise",
    fix: "plan of the zone",
  },
  {
    input: "0 failed probes in a row, which Cloudflare does not store",
    attempt: edge({ consecutiveDown: 0 }),
    code: "NUMBER_OUT_OF_RANGE",
    path: "app/edge/edge/consecutiveDown",
    value: 0,
    allowed: "whole probes from 1 to 10",
    fix: "from 1 to 10",
  },
  {
    input: "a recovery time that the monitors cannot keep",
    attempt: edge({ plan: "pro", rtoSeconds: 60 }),
    code: "OBJECTIVE_UNREACHABLE",
    path: "app/edge/edge/rtoSeconds",
    value: 60,
    allowed: "80 seconds and more",
    fix: 'set plan to "business" and intervalSeconds to 40',
  },
  {
    input: "an image that is another one tomorrow",
    attempt: secondary({ serverImage: "quay.io/minio/minio:latest" }),
    code: "SERVER_IMAGE_REFUSED",
    path: "app/secondary/store/serverImage",
    value: "quay.io/minio/minio:latest",
    allowed: "release tag or a sha256 digest",
    fix: "quay.io/minio/minio:RELEASE.",
  },
  {
    input: "an image that has been deleted",
    attempt: secondary({ serverImage: "docker.io/minio/minio:RELEASE.2025-09-07T16-13-09Z" }),
    code: "SERVER_IMAGE_REFUSED",
    path: "app/secondary/store/serverImage",
    value: "docker.io/minio/minio:RELEASE.2025-09-07T16-13-09Z",
    allowed: "not MinIO's on Docker Hub",
    fix: "quay.io/minio/minio:RELEASE.",
  },
  {
    input: "an image without a tag",
    attempt: secondary({ serverImage: "minio/minio" }),
    code: "SERVER_IMAGE_REFUSED",
    path: "app/secondary/store/serverImage",
    value: "minio/minio",
    allowed: "release tag or a sha256 digest",
    fix: "quay.io/minio/minio:RELEASE.",
  },
  {
    input: "a literal secret at the edge",
    attempt: edgeAlone({ originSecret: "hunter2" }),
    code: "SECRET_LITERAL",
    path: "alone/originSecret",
    value: "(hidden)",
    allowed: "sensitive Terraform variable",
    fix: "TerraformVariable",
  },
  {
    input: "a literal secret at the primary",
    attempt: () =>
      new S3PrimaryStore(newApp(), "alone", {
        bucketName: "assets",
        region: "eu-central-1",
        originSecret: "hunter2",
      }),
    code: "SECRET_LITERAL",
    path: "alone/originSecret",
    value: "(hidden)",
    allowed: "sensitive Terraform variable",
    fix: "TerraformVariable",
  },
  {
    input: "the edge's state on Amazon S3, as the backend of all",
    attempt: failover({ backend: StateBackend.s3({ bucket: "state", region: "us-east-1" }) }),
    code: "EDGE_BACKEND_ON_AWS",
    path: "app/backend",
    value: "s3 bucket state",
    allowed: "StateBackend.r2",
    fix: "edgeBackend",
  },
  {
    input: "the edge's state on Amazon S3, by an endpoint of its own",
    attempt: failover({
      edgeBackend: StateBackend.s3({
        bucket: "state",
        region: "eu-west-1",
        endpoint: "https://s3.eu-west-1.amazonaws.com",
      }),
    }),
    code: "EDGE_BACKEND_ON_AWS",
    path: "app/edgeBackend",
    value: "s3 bucket state at https://s3.eu-west-1.amazonaws.com",
    allowed: "endpoint outside of AWS",
    fix: "edgeBackend",
  },
  {
    input: "a local state folder that only this machine has",
    attempt: () => StateBackend.local({ folder: "/var/state" }),
    code: "VALUE_INVALID",
    path: "StateBackend.local/folder",
    value: "/var/state",
    allowed: "relative",
    fix: "../../..",
  },
  {
    input: "a host name in another zone",
    attempt: failover({ hostname: "assets.example.net" }),
    code: "HOSTNAME_NOT_IN_ZONE",
    path: "app/hostname",
    value: "assets.example.net",
    allowed: "ends with .example.com",
    fix: "assets.example.com",
  },
  {
    input: "a host name that only ends like the zone",
    attempt: failover({ hostname: "assets-example.com" }),
    code: "HOSTNAME_NOT_IN_ZONE",
    path: "app/hostname",
    value: "assets-example.com",
    allowed: "ends with .example.com",
    fix: "assets-example.example.com",
  },
  {
    input: "an address in the place of a host name",
    attempt: failover({ hostname: "https://assets.example.com" }),
    code: "VALUE_INVALID",
    path: "app/hostname",
    value: "https://assets.example.com",
    allowed: "without scheme",
    fix: "assets.example.com",
  },
  {
    input: "a host name in another zone, at the edge alone",
    attempt: edgeAlone({ zoneName: "example.org" }),
    code: "HOSTNAME_NOT_IN_ZONE",
    path: "alone/hostname",
    value: "assets.example.com",
    allowed: "ends with .example.org",
    fix: "assets.example.org",
  },
  {
    input: "the same store twice",
    attempt: edgeAlone({ secondary: { ...examplePrimary, storeName: "secondary" } }),
    code: "STORES_NOT_DISTINCT",
    path: "alone/secondary",
    value: `${examplePrimary.endpoint}/${examplePrimary.bucketName}`,
    allowed: "two buckets",
    fix: "another bucket",
  },
  {
    input: "two stores that are read from one host",
    attempt: edgeAlone({ secondary: { ...exampleSecondary, originHost: examplePrimary.originHost } }),
    code: "STORES_NOT_DISTINCT",
    path: "alone/secondary/originHost",
    value: examplePrimary.originHost,
    allowed: "two different origin hosts",
    fix: "other store",
  },
  {
    input: "stores that were swapped to swap their roles",
    attempt: edgeAlone({ primary: exampleSecondary, secondary: examplePrimary }),
    code: "STORES_NOT_DISTINCT",
    path: "alone/primary",
    value: "secondary",
    allowed: 'named "primary"',
    fix: "change activeProvider",
  },
  {
    input: "a store behind the load balancer's own name",
    attempt: edgeAlone({ secondary: { ...exampleSecondary, originHost: "assets.example.com" } }),
    code: "STORES_NOT_DISTINCT",
    path: "alone/secondary/originHost",
    value: "assets.example.com",
    allowed: "any host name but assets.example.com",
    fix: "origin host of its own",
  },
  {
    input: "events of a bucket in another region",
    attempt: failover({ replication: { ...config.replication, events: true, region: "eu-west-1" } }),
    code: "VALUE_INVALID",
    path: "app/replication/region",
    value: "eu-west-1",
    allowed: "eu-central-1",
    fix: "leave region away",
  },
  {
    input: "the replicator's code not built",
    attempt: failover({ replication: { assetPath: "no/such.zip" } }),
    code: "ASSET_MISSING",
    path: "app/replication/replicator/assetPath",
    value: "no/such.zip",
    allowed: "zip",
    fix: "npm run build:lambda",
  },
];

describe("bad input", () => {
  itRefusesEach(table);

  it("covers every code that there is", () => {
    expect(new Set(table.map(({ code }) => code))).toEqual(new Set(CONFIGURATION_ERROR_CODES));
  });

  it("never repeats a secret", () => {
    const message = refusalOf(edgeAlone({ originSecret: "hunter2" })).message;

    expect(message).not.toContain("hunter2");
  });
});

describe("the toggle from its surroundings", () => {
  const file = JSON.stringify({ context: { activeProvider: "primary" } });

  it.each([
    ["the environment", { ACTIVE_PROVIDER: "minio" }, {}, file, "environment variable ACTIVE_PROVIDER"],
    ["the context", {}, { activeProvider: "minio" }, file, "context activeProvider"],
    ["the file", {}, {}, '{"context":{"activeProvider":"minio"}}', "cdktf.json context.activeProvider"],
  ])("names %s when it is wrong there", (_place, environment, context, fileText, path) => {
    expect(refusalOf(() => resolveIn(environment, context, fileText))).toMatchObject({
      code: "ACTIVE_PROVIDER_UNKNOWN",
      path,
      value: "minio",
    });
  });

  it.each(["{}", '{"context":{}}', '{"context":[]}'])("is missing in a file with %s", (fileText) => {
    expect(refusalOf(() => resolveIn({}, {}, fileText)).code).toBe("ACTIVE_PROVIDER_MISSING");
  });

  it("is read from the file when the app runs without the CLI", () => {
    expect(resolveIn({}, {}, file)).toMatchObject({ value: "primary", source: "fileContext" });
  });
});

function resolveIn(environment: Record<string, string>, context: Record<string, string>, cdktfJson: string) {
  writeFileSync(join(folder, "cdktf.json"), cdktfJson);
  return activeProviderFromSurroundings({
    environment,
    context: new App({ outdir: join(folder, "out"), context }).node,
    projectFolder: folder,
  });
}
