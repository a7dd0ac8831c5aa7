import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { describe, expect, it } from "@jest/globals";
import { App, TerraformStack, TerraformVariable, Testing } from "cdktf";
import fc from "fast-check";
import { HEALTH_KEY, STATE_PREFIX } from "../../contract/state-keys";
import { CLOUDFLARE_IPV4_RANGES } from "../../lib/primary/cloudflare-ranges";
import { S3PrimaryStore, type S3PrimaryStoreProps } from "../../lib/primary/s3-primary-store";
import { boundedName } from "../../lib/private/bounded-name";
import { checkBucketName } from "../../lib/private/bucket-name";
import { terraformLiteral } from "../../lib/private/terraform-literal";
import { examplePrimary } from "./example-stores";
import { itRefusesEach, type RefusedInput } from "./refusal";
import { synthesizedResources } from "./synthesized-resources";
import { temporaryFolder } from "./temporary-folder";

const outdir = temporaryFolder();
const exampleProps: S3PrimaryStoreProps = { bucketName: "example-assets-primary", region: "eu-central-1" };

interface Statement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: string | string[];
  readonly Condition: Record<string, Record<string, unknown>>;
}

function createStore(change: Partial<S3PrimaryStoreProps> = {}, secret = false) {
  const stack = new TerraformStack(new App({ outdir }), "primary");
  new AwsProvider(stack, "aws", { region: "us-east-1" });
  const variable = (id: string) =>
    new TerraformVariable(stack, id, { type: "string", sensitive: true }).stringValue;
  const store = new S3PrimaryStore(stack, "store", {
    ...exampleProps,
    ...(secret && {
      originSecret: variable("origin_secret"),
      previousOriginSecret: variable("previous_secret"),
    }),
    ...change,
  });
  return { stack, store };
}

function synthesizeStore(change: Partial<S3PrimaryStoreProps> = {}, secret = false) {
  const { stack, store } = createStore(change, secret);
  const text = Testing.synth(stack, true);
  const { resources, only } = synthesizedResources(text);
  const statement = (sid: string) => {
    const policy: { Statement: Statement[] } = JSON.parse(String(only("aws_s3_bucket_policy").policy));
    const found = policy.Statement.find(({ Sid }) => Sid === sid);
    return found ?? { Sid: "", Effect: "", Action: "", Resource: "", Condition: {} };
  };
  return { store, text, resources, only, statement };
}

describe("what other stacks are told", () => {
  it("names the regional REST endpoint and the bucket's own host, in plain strings", () => {
    const { store } = createStore();

    expect(store).toMatchObject(examplePrimary);
    expect(store).not.toHaveProperty("credentialsSecretName");
  });
});

describe("the bucket", () => {
  it("is private, versioned, encrypted and owned by the account, without ACLs", () => {
    const { only, resources } = synthesizeStore();

    // All that makes it so is in resources of its own: the bucket's inline arguments for it are deprecated.
    expect(only("aws_s3_bucket")).toEqual({
      bucket: "example-assets-primary",
      region: "eu-central-1",
      lifecycle: { prevent_destroy: true },
    });
    expect(only("aws_s3_bucket_public_access_block")).toMatchObject({
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    });
    expect(only("aws_s3_bucket_ownership_controls").rule).toEqual({
      object_ownership: "BucketOwnerEnforced",
    });
    expect(only("aws_s3_bucket_versioning").versioning_configuration).toEqual({ status: "Enabled" });
    expect(only("aws_s3_bucket_server_side_encryption_configuration").rule).toEqual([
      { apply_server_side_encryption_by_default: { sse_algorithm: "AES256" } },
    ]);
    expect(Object.keys(resources).filter((type) => /acl|website|bucket_object$/.test(type))).toEqual([]);
  });

  it("says its region on every resource, whatever region the provider is for", () => {
    const { resources } = synthesizeStore();

    const regions = Object.values(resources).flatMap((ofType) =>
      Object.values(ofType).map(({ region }) => region),
    );

    expect(regions).toHaveLength(9);
    expect(new Set(regions)).toEqual(new Set(["eu-central-1"]));
  });

  it.each([
    [undefined, true],
    [true, true],
    [false, false],
  ])("is protected from destruction unless told otherwise (%s)", (protectFromDestroy, expected) => {
    const { only } = synthesizeStore({ protectFromDestroy });

    expect(only("aws_s3_bucket").lifecycle).toEqual({ prevent_destroy: expected });
  });

  it("keeps old versions longer than the longest outage, and never removes a delete marker", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3650 }), (longestOutageDays) => {
        const { only } = synthesizeStore({ longestOutageDays });

        const rules = JSON.stringify(only("aws_s3_bucket_lifecycle_configuration").rule);
        const days = [...rules.matchAll(/"noncurrent_days":(\d+)/g)].map(([, found]) => Number(found));

        expect(days).toHaveLength(1);
        expect(Math.min(...days)).toBeGreaterThan(longestOutageDays);
        expect(rules).toContain('"abort_incomplete_multipart_upload":[{"days_after_initiation":7}]');
        expect(rules).not.toMatch(/"expiration"|expired_object_delete_marker|newer_noncurrent_versions/);
      }),
      { seed: 1, numRuns: 10 },
    );
  });

  it("reports its events to EventBridge, where any other stack can use them", () => {
    const { only } = synthesizeStore();

    expect(only("aws_s3_bucket_notification")).toMatchObject({ eventbridge: true });
  });

  it("holds the health object that the monitor expects, written once versions are kept", () => {
    const { only, store } = synthesizeStore();

    const object = only("aws_s3_object");

    expect(object).toMatchObject({ key: HEALTH_KEY, content: store.healthBody, content_type: "text/plain" });
    expect(object.depends_on).toContainEqual(expect.stringMatching(/^aws_s3_bucket_versioning\./));
  });
});

describe("the bucket's policy", () => {
  it("refuses plain HTTP to everyone", () => {
    const { statement } = synthesizeStore();

    expect(statement("DenyPlainHttp")).toEqual({
      Sid: "DenyPlainHttp",
      Effect: "Deny",
      Principal: "*",
      Action: "s3:*",
      Resource: ["arn:aws:s3:::example-assets-primary", "arn:aws:s3:::example-assets-primary/*"],
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    });
  });

  it("lets Cloudflare's IPv4 networks get objects, and nothing else to anyone", () => {
    const { only, statement } = synthesizeStore();

    const policy: { Statement: Statement[] } = JSON.parse(String(only("aws_s3_bucket_policy").policy));
    const allowed = policy.Statement.filter(({ Effect }) => Effect === "Allow");

    expect(allowed).toEqual([statement("AllowReadsThroughCloudflare")]);
    expect(allowed[0]?.Action).toBe("s3:GetObject");
    expect(allowed[0]?.Condition).toEqual({ IpAddress: { "aws:SourceIp": CLOUDFLARE_IPV4_RANGES } });
    for (const range of CLOUDFLARE_IPV4_RANGES) {
      expect(range).toMatch(/^\d{1,3}(\.\d{1,3}){3}\/(1[0-9]|2[0-4])$/);
    }
  });

  it("keeps replication's state from everybody outside the account, with a variable that Terraform leaves alone", () => {
    const { statement, text } = synthesizeStore();

    const { Effect, Action, Resource, Condition } = statement("DenyStateToStrangers");

    expect([Effect, Action, Resource]).toEqual([
      "Deny",
      ["s3:GetObject", "s3:GetObjectVersion"],
      `arn:aws:s3:::example-assets-primary/${STATE_PREFIX}*`,
    ]);
    expect(Condition).toEqual({ StringNotEquals: { "aws:PrincipalAccount": "$${aws:ResourceAccount}" } });
    expect(text.match(/(?<!\$)\$\{aws:/g)).toBeNull();
  });

  it("asks Cloudflare for the secret, and during a rotation for either of two, by reference only", () => {
    const { statement } = synthesizeStore({}, true);

    expect(statement("AllowReadsThroughCloudflare").Condition.StringEquals).toEqual({
      "aws:Referer": ["${var.origin_secret}", "${var.previous_secret}"],
    });
  });

  it("is put after the public access block, which judges it", () => {
    const { only } = synthesizeStore();

    expect(only("aws_s3_bucket_policy").depends_on).toEqual([
      expect.stringMatching(/^aws_s3_bucket_public_access_block\./),
    ]);
  });
});

describe("bad input", () => {
  const path = (prop: keyof S3PrimaryStoreProps) => `primary/store/${prop}`;
  const attempt = (change: Partial<S3PrimaryStoreProps>) => () => createStore(change);
  const reference = new TerraformVariable(new TerraformStack(new App({ outdir }), "other"), "name", {})
    .stringValue;

  const refused: RefusedInput[] = [
    {
      input: "a bucket name with dots",
      attempt: attempt({ bucketName: "assets.example.com" }),
      code: "BUCKET_NAME_HAS_DOT",
      path: path("bucketName"),
      value: "assets.example.com",
      allowed: "hyphens",
      fix: 'use "assets-example-com"',
    },
    ...["Assets", "ab", "-assets", "assets-", "a_b", "a".repeat(64), "xn--assets", "assets-s3alias"].map(
      (bucketName): RefusedInput => ({
        input: `the bucket name ${bucketName}`,
        attempt: attempt({ bucketName }),
        code: "BUCKET_NAME_INVALID",
        path: path("bucketName"),
        value: bucketName,
        allowed: "3 to 63 lower-case letters",
        fix: "choose another name",
      }),
    ),
    {
      input: "a bucket name that is known only later",
      attempt: attempt({ bucketName: reference }),
      code: "VALUE_INVALID",
      path: path("bucketName"),
      value: "(reference)",
      allowed: "a plain string",
      fix: "write the value itself",
    },
    ...["eu-central", "eu-central-1a", "EU-CENTRAL-1", "cn-north-1", "us-gov-west-1"].map(
      (region): RefusedInput => ({
        input: `the region ${region}`,
        attempt: attempt({ region }),
        code: "VALUE_INVALID",
        path: path("region"),
        value: region,
        allowed: "eu-central-1",
        fix: "take the code from",
      }),
    ),
    ...[0, 1.5, 3651].map(
      (longestOutageDays): RefusedInput => ({
        input: `an outage of ${longestOutageDays} days`,
        attempt: attempt({ longestOutageDays }),
        code: "NUMBER_OUT_OF_RANGE",
        path: path("longestOutageDays"),
        value: longestOutageDays,
        allowed: "whole days from 1 to 3650",
        fix: "choose a number",
      }),
    ),
    ...(["originSecret", "previousOriginSecret"] as const).map(
      (prop): RefusedInput => ({
        input: `a literal ${prop}`,
        attempt: attempt({ [prop]: "correct horse" }),
        code: "SECRET_LITERAL",
        path: path(prop),
        value: "(hidden)",
        allowed: "sensitive Terraform variable",
        fix: "stringValue",
      }),
    ),
  ];

  itRefusesEach(refused);

  it("accepts every bucket name of S3's shape that uses nothing reserved", () => {
    const name = fc.stringMatching(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/);
    const reserved = /^(xn--|sthree-|amzn-s3-demo-)|(-s3alias|--ol-s3|--x-s3|--table-s3)$/;
    fc.assert(
      fc.property(name, (bucketName) => {
        fc.pre(!reserved.test(bucketName));
        checkBucketName(bucketName, "path");
      }),
      { seed: 1 },
    );
  });
});

describe("names and texts that services limit", () => {
  it("shortens a name to what the service takes, and keeps different names different", () => {
    const long = fc.string({ minLength: 70, maxLength: 90 });
    fc.assert(
      fc.property(long, long, (one, other) => {
        const shortened = [
          boundedName(`same-beginning-${one}`, 64),
          boundedName(`same-beginning-${other}`, 64),
        ];

        expect(shortened.every((name) => name.length === 64)).toBe(true);
        expect(shortened[0] === shortened[1]).toBe(one === other);
      }),
      { seed: 1 },
    );
    expect(boundedName("short", 64)).toBe("short");
  });

  it("escapes what Terraform would take for a template", () => {
    expect(terraformLiteral("a ${b} %{c} $d 100%")).toBe("a $${b} %%{c} $d 100%");
  });
});
