import { describe, expect, it } from "@jest/globals";
import { HEALTH_KEY, healthBody } from "../../contract/state-keys";
import { ExistingBucketStore, type ExistingBucketStoreProps } from "../../lib/primary/existing-bucket-store";
import { S3PrimaryStore } from "../../lib/primary/s3-primary-store";
import { examplePrimary } from "./example-stores";
import {
  KEY_ARN,
  primaryStack,
  reference,
  secretVariables,
  synthesized,
  synthesizeStore,
  untyped,
} from "./primary-synthesis";
import { itRefusesEach, type RefusedInput } from "./refusal";

/** What must be said of a bucket, and what a monitor of it reads. */
const REQUIRED: ExistingBucketStoreProps = {
  bucketName: "example-assets-primary",
  region: "eu-central-1",
  versioned: true,
  healthPath: "/health.txt",
  healthBody: "all is well",
};

const OWN_HEALTH_OBJECT = { createHealthObject: true, healthPath: undefined, healthBody: undefined };

function createExisting(change: Partial<ExistingBucketStoreProps> = {}, secrets = false) {
  const stack = primaryStack();
  const store = S3PrimaryStore.fromBucket(stack, "store", {
    ...REQUIRED,
    ...(secrets && secretVariables(stack)),
    ...change,
  });
  return { stack, store };
}

function synthesizeExisting(...given: Parameters<typeof createExisting>) {
  const { stack, store } = createExisting(...given);
  return { store, ...synthesized(stack) };
}

describe("a bucket that exists", () => {
  it("gets nothing that was not asked for", () => {
    const { resources, store } = synthesizeExisting();

    expect(resources).toBeUndefined();
    expect([store.policy, store.notification, store.healthObject]).toEqual([undefined, undefined, undefined]);
  });

  it("tells other stacks the same as a bucket that is created, and what was said of it", () => {
    const { store } = createExisting();

    expect(store).toBeInstanceOf(ExistingBucketStore);
    expect(store).toMatchObject({
      ...examplePrimary,
      healthPath: "/health.txt",
      healthBody: "all is well",
    });
    expect(createExisting({ versioned: false }).store.versioned).toBe(false);
    expect(createExisting({ originHost: "cdn.example.com" }).store.originHost).toBe("cdn.example.com");
    expect(
      createExisting({ encryptionKeyArn: KEY_ARN, originHost: "cdn.example.com" }).store.encryptionKeyArn,
    ).toBe(KEY_ARN);
  });

  it.each([
    ["a health object", OWN_HEALTH_OBJECT, "aws_s3_object"],
    ["the read policy", { manageReadPolicy: true }, "aws_s3_bucket_policy"],
    ["its events", { sendEvents: true }, "aws_s3_bucket_notification"],
  ])("gets %s on request, and only that", (_case, change, type) => {
    const { resources, only } = synthesizeExisting(change);

    expect(Object.keys(resources)).toEqual([type]);
    expect(only(type)).toMatchObject({ bucket: "example-assets-primary", region: "eu-central-1" });
  });

  it("gets nothing for an opt-in that is turned down", () => {
    const { resources } = synthesizeExisting({
      createHealthObject: false,
      manageReadPolicy: false,
      sendEvents: false,
    });

    expect(resources).toBeUndefined();
  });

  it("has the health object that the monitors expect", () => {
    const { store, only } = synthesizeExisting(OWN_HEALTH_OBJECT);

    expect([store.healthPath, store.healthBody]).toEqual([`/${HEALTH_KEY}`, healthBody("primary")]);
    expect(only("aws_s3_object")).toMatchObject({
      key: HEALTH_KEY,
      content: store.healthBody,
      content_type: "text/plain",
      cache_control: "no-store",
    });
  });

  it("has a health object that a default lock of the bucket's does not change in each plan", () => {
    expect(synthesizeExisting(OWN_HEALTH_OBJECT).only("aws_s3_object").lifecycle).toEqual({
      ignore_changes: ["object_lock_mode", "object_lock_retain_until_date"],
    });
  });

  it.each([false, true])("has the very policy of a bucket that is created (secrets: %s)", (secrets) => {
    const existing = synthesizeExisting({ manageReadPolicy: true }, secrets);

    expect(existing.only("aws_s3_bucket_policy").policy).toBe(
      synthesizeStore({}, secrets).only("aws_s3_bucket_policy").policy,
    );
  });

  it("sends its events to EventBridge", () => {
    expect(synthesizeExisting({ sendEvents: true }).only("aws_s3_bucket_notification")).toMatchObject({
      eventbridge: true,
    });
  });
});

describe("bad input", () => {
  const refusal = (
    prop: keyof ExistingBucketStoreProps,
    value: unknown,
    rest: Pick<RefusedInput, "allowed" | "fix"> & Partial<Pick<RefusedInput, "code" | "value">>,
    others: Partial<ExistingBucketStoreProps> = {},
  ): RefusedInput => ({
    input: `${prop} ${JSON.stringify(value)?.slice(0, 40)} beside ${JSON.stringify(others)}`,
    attempt: () => createExisting({ ...others, [prop]: untyped(value) }),
    code: "VALUE_INVALID",
    path: `primary/store/${prop}`,
    value,
    ...rest,
  });
  const knownLater = (prop: keyof ExistingBucketStoreProps) => ({
    ...refusal(prop, reference(), { allowed: "a plain string", fix: "write the value itself" }),
    input: `a ${prop} that is known only later`,
    value: "(reference)",
  });

  itRefusesEach([
    refusal("bucketName", "assets.example.com", {
      code: "BUCKET_NAME_HAS_DOT",
      allowed: "hyphens",
      fix: "assets-example-com",
    }),
    refusal("region", "Frankfurt", { allowed: "eu-central-1", fix: "take the code from" }),
    refusal("versioned", undefined, { allowed: "true or false", fix: "give true or false" }),
    refusal("originHost", "https://cdn.example.com", {
      allowed: "without scheme",
      fix: "assets.example.com",
    }),
    refusal("encryptionKeyArn", "alias/assets", {
      allowed: "not of an alias",
      fix: "arn:aws:kms:eu-central-1:",
    }),
    ...(["bucketName", "region", "originHost", "encryptionKeyArn", "healthPath", "healthBody"] as const).map(
      knownLater,
    ),
    refusal("healthPath", undefined, { allowed: "createHealthObject", fix: "give both" }),
    refusal("healthBody", undefined, { allowed: "createHealthObject", fix: "give both" }),
    refusal(
      "healthPath",
      "/health.txt",
      { allowed: "none, with createHealthObject", fix: "leave healthPath away" },
      OWN_HEALTH_OBJECT,
    ),
    refusal(
      "healthBody",
      "well",
      { allowed: "none, with createHealthObject", fix: "leave healthBody away" },
      OWN_HEALTH_OBJECT,
    ),
    ...["health.txt", "/", "//health.txt", "/a/../health.txt", "/health?x=1", `/${"a".repeat(1024)}`].map(
      (healthPath) =>
        refusal("healthPath", healthPath, {
          allowed: "without escapes, query string",
          fix: "storage-failover-health.txt",
        }),
    ),
    ...["", "  ", "two\nlines", "a".repeat(257)].map((body) =>
      refusal("healthBody", body, { allowed: "one line of 1 to 256", fix: "is healthy" }),
    ),
    refusal(
      "manageReadPolicy",
      true,
      { allowed: "without an originHost", fix: "let cdn.example.com read" },
      { originHost: "cdn.example.com" },
    ),
    ...[undefined, "example-assets-primary.s3.eu-central-1.amazonaws.com"].flatMap((originHost) =>
      [true, false].map((manageReadPolicy) =>
        refusal(
          "originHost",
          originHost,
          { allowed: "a distribution that signs", fix: "cdn.example.com" },
          { encryptionKeyArn: KEY_ARN, manageReadPolicy },
        ),
      ),
    ),
    {
      ...refusal(
        "previousOriginSecret",
        reference(),
        { value: "(hidden)", allowed: "together with originSecret", fix: "give originSecret as well" },
        { manageReadPolicy: true },
      ),
      input: "a secret before none",
    },
    ...(["originSecret", "previousOriginSecret"] as const).flatMap((prop) => [
      {
        ...refusal(
          prop,
          "correct horse",
          {
            code: "SECRET_LITERAL",
            value: "(hidden)",
            allowed: "sensitive Terraform variable",
            fix: "stringValue",
          },
          { manageReadPolicy: true },
        ),
        input: `a literal ${prop}`,
      },
      {
        ...refusal(prop, reference(), {
          value: "(hidden)",
          allowed: "together with manageReadPolicy",
          fix: "leave this away",
        }),
        input: `${prop} that no policy would ask for`,
      },
    ]),
  ]);
});
