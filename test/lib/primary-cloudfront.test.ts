import { createContext, runInContext } from "node:vm";
import { describe, expect, it } from "@jest/globals";
import type { S3PrimaryStoreProps } from "../../lib/primary/s3-primary-store";
import {
  CLOUDFRONT_PROPS,
  createStore,
  KEY_ARN,
  pathOf,
  reference,
  synthesizeStore,
  untyped,
} from "./primary-synthesis";
import { itRefusesEach, type RefusedInput } from "./refusal";

describe("a store that CloudFront reads", () => {
  it("is read under the alias, and written where it always was", () => {
    const { store } = createStore(CLOUDFRONT_PROPS, true);

    expect(store).toMatchObject({
      originHost: "assets-origin.example.com",
      endpoint: "https://s3.eu-central-1.amazonaws.com",
      region: "eu-central-1",
    });
    expect(store.cloudfront?.distribution.aliasesInput).toEqual(["assets-origin.example.com"]);
  });

  it("has a distribution that signs every request to the bucket's regional host", () => {
    const { only } = synthesizeStore(CLOUDFRONT_PROPS, true);

    expect(only("aws_cloudfront_origin_access_control")).toMatchObject({
      origin_access_control_origin_type: "s3",
      signing_behavior: "always",
      signing_protocol: "sigv4",
    });
    expect(only("aws_cloudfront_distribution").origin).toEqual([
      {
        origin_id: "bucket",
        domain_name: "example-assets-primary.s3.eu-central-1.amazonaws.com",
        origin_access_control_id: expect.stringMatching(
          /^\$\{aws_cloudfront_origin_access_control\..*\.id\}$/,
        ),
      },
    ]);
  });

  it("keeps nothing at CloudFront, no error either: a purge at a flip must not need AWS", () => {
    const { only } = synthesizeStore(CLOUDFRONT_PROPS, true);
    const { default_cache_behavior, custom_error_response } = only("aws_cloudfront_distribution");

    expect(default_cache_behavior).toMatchObject({
      cache_policy_id: "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
      compress: false,
    });
    const errors = custom_error_response as { error_code: number; error_caching_min_ttl: number }[];
    expect(errors.map(({ error_code }) => error_code)).toEqual([
      400, 403, 404, 405, 414, 500, 501, 502, 503, 504,
    ]);
    // Nothing but the time: a missing key stays a 403, as from S3.
    expect(
      errors.every((error) => Object.keys(error).length === 2 && error.error_caching_min_ttl === 0),
    ).toBe(true);
  });

  it("answers over HTTP/2 and 3 with TLS 1.2 or newer only, to reads only, and lets CORS headers through", () => {
    const { only } = synthesizeStore(CLOUDFRONT_PROPS, true);
    const distribution = only("aws_cloudfront_distribution");

    expect(distribution).toMatchObject({
      http_version: "http2and3",
      viewer_certificate: {
        acm_certificate_arn: CLOUDFRONT_PROPS.cloudfrontCertificateArn,
        minimum_protocol_version: "TLSv1.2_2021",
        ssl_support_method: "sni-only",
      },
      default_cache_behavior: {
        viewer_protocol_policy: "https-only",
        allowed_methods: ["GET", "HEAD", "OPTIONS"],
        origin_request_policy_id: "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf",
      },
    });
  });

  it("is not there when Cloudflare reads by itself", () => {
    const { store, resources } = synthesizeStore({}, true);

    expect(store.cloudfront).toBeUndefined();
    expect(Object.keys(resources).filter((type) => type.includes("cloudfront"))).toEqual([]);
  });

  it("takes names that AWS accepts from the longest of bucket names", () => {
    const { resources } = synthesizeStore({ ...CLOUDFRONT_PROPS, bucketName: "a".repeat(63) }, true);
    const names = [
      "aws_cloudfront_function",
      "aws_cloudfront_key_value_store",
      "aws_cloudfront_origin_access_control",
    ].flatMap((type) => Object.values(resources[type] ?? {}).map(({ name }) => name));

    expect(names).toHaveLength(3);
    for (const name of names) {
      expect(name).toMatch(/^[\w-]{1,64}$/);
    }
  });
});

describe("the secret of a store that CloudFront reads", () => {
  it("stands in the key value store by reference, and in the function not at all", () => {
    const { resources, only } = synthesizeStore(CLOUDFRONT_PROPS, true);
    const keys = Object.values(resources.aws_cloudfrontkeyvaluestore_key ?? {});

    expect(keys.map(({ key, value }) => [key, value])).toEqual([
      ["current", "${var.origin_secret}"],
      ["previous", "${var.previous_secret}"],
    ]);
    const { code, runtime, publish, key_value_store_associations } = only("aws_cloudfront_function");
    expect(code).not.toMatch(/[$%]\{/);
    expect(String(code).length).toBeLessThan(10_000);
    expect([runtime, publish]).toEqual(["cloudfront-js-2.0", true]);
    expect(key_value_store_associations).toEqual([
      expect.stringMatching(/^\$\{aws_cloudfront_key_value_store\./),
    ]);
  });

  it("is asked for before anything else happens to a request", () => {
    const { only } = synthesizeStore(CLOUDFRONT_PROPS, true);

    expect(only("aws_cloudfront_distribution").default_cache_behavior).toMatchObject({
      function_association: [
        {
          event_type: "viewer-request",
          function_arn: expect.stringMatching(/^\$\{aws_cloudfront_function\..*\.arn\}$/),
        },
      ],
    });
  });

  const both = { current: "new", previous: "old" };
  it.each([
    ["the new secret", both, { referer: { value: "new" } }, true],
    ["the one before, during a rotation", both, { referer: { value: "old" } }, true],
    ["the one before, after it", { current: "new" }, { referer: { value: "old" } }, false],
    ["another", both, { referer: { value: "https://example.com/" } }, false],
    ["the name of a secret", both, { referer: { value: "current" } }, false],
    ["an empty one", both, { referer: { value: "" } }, false],
    ["none", both, {}, false],
    ["what a missing secret reads as", {}, { referer: { value: "undefined" } }, false],
    ["any, while the store of secrets is empty", {}, { referer: { value: "new" } }, false],
  ])("lets a request with %s pass or answers 403", async (_case, secrets, headers, passes) => {
    const request = { method: "GET", uri: "/index.html", headers };

    const answer = await runFunction(secrets, request);

    expect(answer).toEqual(passes ? request : { statusCode: 403, statusDescription: "Forbidden" });
  });
});

describe("a key of the customer's", () => {
  const props = { ...CLOUDFRONT_PROPS, encryptionKeyArn: KEY_ARN };

  it("encrypts what is written, asks KMS seldom, and is told to other stacks", () => {
    const { store, only } = synthesizeStore(props, true);

    expect(only("aws_s3_bucket_server_side_encryption_configuration").rule).toEqual([
      {
        apply_server_side_encryption_by_default: { sse_algorithm: "aws:kms", kms_master_key_id: KEY_ARN },
        bucket_key_enabled: true,
      },
    ]);
    expect(store.encryptionKeyArn).toBe(KEY_ARN);
  });

  it("comes with a warning of what is not replicated back", () => {
    const warnings = ({ store }: ReturnType<typeof createStore>) =>
      store.node.metadata.map(({ data }) => String(data));

    expect(warnings(createStore(props, true))).toEqual([expect.stringContaining("not replicated back")]);
    expect(warnings(createStore(CLOUDFRONT_PROPS, true))).toEqual([]);
  });
});

describe("bad input", () => {
  const attempt =
    (change: Partial<S3PrimaryStoreProps>, secrets = true) =>
    () =>
      createStore(change, secrets);
  const refused: RefusedInput[] = [
    {
      input: "a reader that is neither",
      attempt: attempt({ originAccess: untyped("website") }),
      code: "VALUE_INVALID",
      path: pathOf("originAccess"),
      value: "website",
      allowed: "cloudflare or cloudfront",
      fix: "cloudfront",
    },
    {
      input: "a key of the customer's that Cloudflare could not read with",
      attempt: attempt({ encryptionKeyArn: KEY_ARN }),
      code: "VALUE_INVALID",
      path: pathOf("encryptionKeyArn"),
      value: KEY_ARN,
      allowed: 'originAccess "cloudfront"',
      fix: 'set originAccess to "cloudfront"',
    },
    ...[
      "alias/assets",
      "arn:aws:kms:eu-central-1:111122223333:alias/assets",
      "arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-0000-0000-000000000001",
      "arn:aws:kms:eu-central-1:1111:key/00000000-0000-0000-0000-000000000001",
    ].map(
      (encryptionKeyArn): RefusedInput => ({
        input: `the key ${encryptionKeyArn}`,
        attempt: attempt({ ...CLOUDFRONT_PROPS, encryptionKeyArn }),
        code: "VALUE_INVALID",
        path: pathOf("encryptionKeyArn"),
        value: encryptionKeyArn,
        allowed: "a key in eu-central-1",
        fix: "arn:aws:kms:eu-central-1:",
      }),
    ),
    {
      input: "a key that is known only later",
      attempt: attempt({ ...CLOUDFRONT_PROPS, encryptionKeyArn: reference() }),
      code: "VALUE_INVALID",
      path: pathOf("encryptionKeyArn"),
      value: "(reference)",
      allowed: "a plain string",
      fix: "write the value itself",
    },
    {
      input: "CloudFront without a secret, open to anybody",
      attempt: attempt(CLOUDFRONT_PROPS, false),
      code: "VALUE_INVALID",
      path: pathOf("originSecret"),
      value: undefined,
      allowed: "sensitive Terraform variable",
      fix: "useOriginSecret",
    },
    {
      input: "CloudFront with a literal secret",
      attempt: attempt({ ...CLOUDFRONT_PROPS, originSecret: "correct horse" }, false),
      code: "SECRET_LITERAL",
      path: pathOf("originSecret"),
      value: "(hidden)",
      allowed: "sensitive Terraform variable",
      fix: "stringValue",
    },
    {
      input: "CloudFront without an alias",
      attempt: attempt({ ...CLOUDFRONT_PROPS, cloudfrontAlias: undefined }),
      code: "VALUE_INVALID",
      path: pathOf("cloudfrontAlias"),
      value: undefined,
      allowed: "a host name that the certificate covers",
      fix: "assets-origin.example.com",
    },
    ...["https://assets.example.com", "assets", "*.example.com"].map(
      (cloudfrontAlias): RefusedInput => ({
        input: `the alias ${cloudfrontAlias}`,
        attempt: attempt({ ...CLOUDFRONT_PROPS, cloudfrontAlias }),
        code: "VALUE_INVALID",
        path: pathOf("cloudfrontAlias"),
        value: cloudfrontAlias,
        allowed: "lower-case labels",
        fix: "assets.example.com",
      }),
    ),
    {
      input: "an alias that is known only later",
      attempt: attempt({ ...CLOUDFRONT_PROPS, cloudfrontAlias: reference() }),
      code: "VALUE_INVALID",
      path: pathOf("cloudfrontAlias"),
      value: "(reference)",
      allowed: "a plain string",
      fix: "write the value itself",
    },
    {
      input: "CloudFront without a certificate",
      attempt: attempt({ ...CLOUDFRONT_PROPS, cloudfrontCertificateArn: undefined }),
      code: "VALUE_INVALID",
      path: pathOf("cloudfrontCertificateArn"),
      value: undefined,
      allowed: "us-east-1",
      fix: "request a certificate for assets-origin.example.com",
    },
    ...[
      "arn:aws:acm:eu-central-1:111122223333:certificate/00000000-0000-0000-0000-000000000002",
      "arn:aws:iam::111122223333:server-certificate/assets",
    ].map(
      (cloudfrontCertificateArn): RefusedInput => ({
        input: `the certificate ${cloudfrontCertificateArn}`,
        attempt: attempt({ ...CLOUDFRONT_PROPS, cloudfrontCertificateArn }),
        code: "VALUE_INVALID",
        path: pathOf("cloudfrontCertificateArn"),
        value: cloudfrontCertificateArn,
        allowed: "an ACM certificate in us-east-1",
        fix: "request the certificate in us-east-1",
      }),
    ),
    ...(["cloudfrontAlias", "cloudfrontCertificateArn"] as const).map(
      (prop): RefusedInput => ({
        input: `${prop} where Cloudflare reads by itself`,
        attempt: attempt({ [prop]: CLOUDFRONT_PROPS[prop] }),
        code: "VALUE_INVALID",
        path: pathOf(prop),
        value: CLOUDFRONT_PROPS[prop],
        allowed: 'originAccess "cloudfront"',
        fix: "leave this away",
      }),
    ),
  ];

  itRefusesEach(refused);

  it("takes a certificate that is created in the same stack", () => {
    expect(() =>
      createStore({ ...CLOUDFRONT_PROPS, cloudfrontCertificateArn: reference() }, true),
    ).not.toThrow();
  });
});

/** Runs the synthesized function as CloudFront does: with the key value store that is associated with it. */
async function runFunction(secrets: Readonly<Record<string, string>>, request: object): Promise<unknown> {
  const code = String(synthesizeStore(CLOUDFRONT_PROPS, true).only("aws_cloudfront_function").code);
  const script = code.replace("import cf from 'cloudfront';", "");
  expect(script).not.toBe(code);
  const get = (name: string) =>
    name in secrets ? Promise.resolve(secrets[name]) : Promise.reject(new Error("KeyNotFound"));
  const context = createContext({ cf: { kvs: () => ({ get }) }, event: { request } });
  const answer: unknown = await runInContext(`${script}\nhandler(event)`, context);
  // Out of the other context, whose objects have prototypes of their own.
  return JSON.parse(JSON.stringify(answer));
}
