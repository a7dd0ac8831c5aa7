import { describe, expect, it } from "@jest/globals";
import { Fn, Token } from "cdktf";
import fc from "fast-check";
import { HEALTH_KEY } from "../../contract/state-keys";
import type { S3PrimaryStoreProps } from "../../lib/primary/s3-primary-store";
import { boundedName } from "../../lib/private/bounded-name";
import { checkBucketName } from "../../lib/private/bucket-name";
import { terraformLiteral } from "../../lib/private/terraform-literal";
import { examplePrimary } from "./example-stores";
import { createStore, pathOf, reference, synthesizeStore } from "./primary-synthesis";
import { itRefusesEach, type RefusedInput } from "./refusal";

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

it("takes tags that are only known after deployment", () => {
  const tags = Token.asStringMap(Fn.merge([{ team: "storage" }]));

  expect(synthesizeStore({ tags }).only("aws_s3_bucket").tags).toMatch(/merge/);
});

describe("bad input", () => {
  const attempt = (change: Partial<S3PrimaryStoreProps>) => () => createStore(change);

  const refused: RefusedInput[] = [
    {
      input: "a bucket name with dots",
      attempt: attempt({ bucketName: "assets.example.com" }),
      code: "BUCKET_NAME_HAS_DOT",
      path: pathOf("bucketName"),
      value: "assets.example.com",
      allowed: "hyphens",
      fix: 'use "assets-example-com"',
    },
    ...["Assets", "ab", "-assets", "assets-", "a_b", "a".repeat(64), "xn--assets", "assets-s3alias"].map(
      (bucketName): RefusedInput => ({
        input: `the bucket name ${bucketName}`,
        attempt: attempt({ bucketName }),
        code: "BUCKET_NAME_INVALID",
        path: pathOf("bucketName"),
        value: bucketName,
        allowed: "3 to 63 lower-case letters",
        fix: "choose another name",
      }),
    ),
    {
      input: "a bucket name that is known only later",
      attempt: attempt({ bucketName: reference() }),
      code: "VALUE_INVALID",
      path: pathOf("bucketName"),
      value: "(reference)",
      allowed: "a plain string",
      fix: "write the value itself",
    },
    ...["eu-central", "eu-central-1a", "EU-CENTRAL-1", "cn-north-1", "us-gov-west-1"].map(
      (region): RefusedInput => ({
        input: `the region ${region}`,
        attempt: attempt({ region }),
        code: "VALUE_INVALID",
        path: pathOf("region"),
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
        path: pathOf("longestOutageDays"),
        value: longestOutageDays,
        allowed: "whole days from 1 to 3650",
        fix: "choose a number",
      }),
    ),
    {
      input: "a secret before none",
      attempt: attempt({ previousOriginSecret: reference() }),
      code: "VALUE_INVALID",
      path: pathOf("previousOriginSecret"),
      value: "(hidden)",
      allowed: "together with originSecret",
      fix: "give originSecret as well",
    },
    {
      input: "a tag that AWS keeps for itself",
      attempt: attempt({ tags: { team: "storage", "AWS:owner": "me" } }),
      code: "VALUE_INVALID",
      path: pathOf("tags"),
      value: "AWS:owner=me",
      allowed: "do not begin with aws:",
      fix: "team",
    },
    ...(["originSecret", "previousOriginSecret"] as const).map(
      (prop): RefusedInput => ({
        input: `a literal ${prop}`,
        attempt: attempt({ [prop]: "correct horse" }),
        code: "SECRET_LITERAL",
        path: pathOf(prop),
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
