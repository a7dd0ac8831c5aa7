import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { HEALTH_KEY, LEASE_KEY, STATE_PREFIX } from "../../contract/state-keys";
import { CLOUDFLARE_IPV4_RANGES } from "../../lib/primary/cloudflare-ranges";
import { decide, type PolicyDecision, type PolicyRequest } from "./primary-policy-decision";
import { BUCKET_ARN, CLOUDFRONT_PROPS, synthesizeStore } from "./primary-synthesis";

/** An address of Cloudflare's, and one that is nobody's. */
const CLOUDFLARE = "104.16.0.1";
const ELSEWHERE = "203.0.113.7";

const SECRETS = { "var.origin_secret": "new-secret", "var.previous_secret": "old-secret" };

const DISTRIBUTION = "arn:aws:cloudfront::111122223333:distribution/OURS";

const anonymousRead: PolicyRequest = {
  from: "anonymous",
  action: "s3:GetObject",
  resource: `${BUCKET_ARN}/index.html`,
  context: { "aws:SecureTransport": "true", "s3:TlsVersion": "1.3", "aws:SourceIp": CLOUDFLARE },
};

/** The same request with something else about it. */
const but = (
  request: PolicyRequest,
  change: Partial<PolicyRequest>,
  context: Readonly<Record<string, string>> = {},
): PolicyRequest => ({ ...request, ...change, context: { ...request.context, ...context } });

function policyOf(...given: Parameters<typeof synthesizeStore>): string {
  return String(synthesizeStore(...given).only("aws_s3_bucket_policy").policy);
}

/** Decides by the policy of a store that CloudFront reads. */
function byCloudfrontPolicy(): (request: PolicyRequest) => PolicyDecision {
  const { text, only } = synthesizeStore(CLOUDFRONT_PROPS, true);
  const policy = String(only("aws_s3_bucket_policy").policy);
  const arn = /aws_cloudfront_distribution\.[\w-]+\.arn/.exec(policy)?.[0] ?? "";
  expect(text).toContain(arn);
  return (request) => decide(policy, request, { [arn]: DISTRIBUTION });
}

describe("the policy of a bucket that Cloudflare reads", () => {
  const policy = policyOf();

  it("lets Cloudflare's addresses get objects, the health object among them, and nobody else", () => {
    expect(decide(policy, anonymousRead)).toBe("allowed");
    expect(decide(policy, but(anonymousRead, { resource: `${BUCKET_ARN}/${HEALTH_KEY}` }))).toBe("allowed");
    expect(decide(policy, but(anonymousRead, {}, { "aws:SourceIp": ELSEWHERE }))).toBe("not granted");
  });

  it("lets every pinned network in from its first address to its last, and no neighbour", () => {
    for (const range of CLOUDFLARE_IPV4_RANGES) {
      const [network = "", bits] = range.split("/");
      const first = network.split(".").reduce((number, part) => number * 256 + Number(part), 0);
      const last = first + 2 ** (32 - Number(bits)) - 1;
      const from = (address: number) =>
        decide(policy, but(anonymousRead, {}, { "aws:SourceIp": dotted(address) }));

      expect([range, from(first), from(last)]).toEqual([range, "allowed", "allowed"]);
    }
    for (const neighbour of ["173.245.64.0", "103.21.248.0", "131.0.76.0", "172.63.255.255"]) {
      expect(decide(policy, but(anonymousRead, {}, { "aws:SourceIp": neighbour }))).toBe("not granted");
    }
  });

  it.each([
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:GetObjectVersion",
  ])("grants no %s, to Cloudflare neither", (action) => {
    for (const resource of [BUCKET_ARN, `${BUCKET_ARN}/index.html`]) {
      expect(decide(policy, but(anonymousRead, { action, resource }))).toBe("not granted");
    }
  });

  it("keeps replication's state from everybody outside the account, and from nobody in it", () => {
    const state = but(anonymousRead, { resource: `${BUCKET_ARN}/${LEASE_KEY}` });

    expect(decide(policy, state)).toBe("refused");
    expect(decide(policy, but(state, { from: { account: "999900001111" } }))).toBe("refused");
    expect(decide(policy, but(state, { from: "anonymous", action: "s3:GetObjectVersion" }))).toBe("refused");
    expect(decide(policy, but(state, { from: { account: "111122223333" } }))).not.toBe("refused");
    expect(policy).toContain(`${BUCKET_ARN}/${STATE_PREFIX}*`);
  });

  it("leaves the policy's variable to AWS, not to Terraform", () => {
    expect(policy).toContain("$${aws:ResourceAccount}");
  });

  it.each([
    ["no secret is asked for", false, "anything", "allowed"],
    ["it is the new one", true, "new-secret", "allowed"],
    ["it is the one before the rotation", true, "old-secret", "allowed"],
    ["it is another", true, "https://example.com/", "not granted"],
    ["there is none", true, undefined, "not granted"],
  ])("reads `Referer` when %s", (_case, secrets, referer, expected) => {
    const request = but(anonymousRead, {}, referer === undefined ? {} : { "aws:Referer": referer });

    expect(decide(policyOf({}, secrets), request, SECRETS)).toBe(expected);
  });

  it("is not enough with the secret alone: the address must be Cloudflare's too", () => {
    const request = but(anonymousRead, {}, { "aws:Referer": "new-secret", "aws:SourceIp": ELSEWHERE });

    expect(decide(policyOf({}, true), request, SECRETS)).toBe("not granted");
  });

  it("is put after the public access block, which judges it", () => {
    expect(synthesizeStore().only("aws_s3_bucket_policy").depends_on).toEqual([
      expect.stringMatching(/^aws_s3_bucket_public_access_block\./),
    ]);
  });
});

describe("the policy of a bucket that CloudFront reads", () => {
  const throughCloudfront = but(
    anonymousRead,
    { from: { service: "cloudfront.amazonaws.com" } },
    { "aws:SourceArn": DISTRIBUTION },
  );

  it("lets this one distribution get objects, and Cloudflare no more", () => {
    const decided = byCloudfrontPolicy();

    expect(decided(throughCloudfront)).toBe("allowed");
    expect(decided(anonymousRead)).toBe("not granted");
    expect(decided(but(throughCloudfront, {}, { "aws:SourceArn": `${DISTRIBUTION}2` }))).toBe("not granted");
    expect(decided(but(throughCloudfront, { from: { service: "logging.s3.amazonaws.com" } }))).toBe(
      "not granted",
    );
  });

  it("grants no listing, so that a missing key is answered with 403", () => {
    const decided = byCloudfrontPolicy();

    expect(decided(but(throughCloudfront, { action: "s3:ListBucket", resource: BUCKET_ARN }))).toBe(
      "not granted",
    );
  });

  it("keeps replication's state from the distribution, whatever account the service counts as", () => {
    const decided = byCloudfrontPolicy();
    const state = but(throughCloudfront, { resource: `${BUCKET_ARN}/${LEASE_KEY}` });

    expect(decided(state)).toBe("refused");
    expect(decided(but(state, {}, { "aws:PrincipalAccount": "111122223333" }))).toBe("refused");
  });
});

describe("either policy", () => {
  it("refuses everyone without TLS 1.2, whoever asks for whatever", () => {
    const policies = [
      ...[policyOf(), policyOf({}, true)].map(
        (policy) => (request: PolicyRequest) => decide(policy, request, SECRETS),
      ),
      byCloudfrontPolicy(),
    ];
    const from = fc.constantFrom<PolicyRequest["from"]>(
      "anonymous",
      { account: "111122223333" },
      { service: "cloudfront.amazonaws.com" },
    );
    const action = fc.constantFrom("s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:DeleteObjectVersion");
    const key = fc.constantFrom("", "/", "/index.html", `/${LEASE_KEY}`);
    const transport = fc.constantFrom<Readonly<Record<string, string>>>(
      { "aws:SecureTransport": "false" },
      { "s3:TlsVersion": "1.0" },
      { "s3:TlsVersion": "1.1" },
    );
    fc.assert(
      fc.property(from, action, key, transport, (asking, asked, suffix, context) => {
        const request = but(
          anonymousRead,
          { from: asking, action: asked, resource: `${BUCKET_ARN}${suffix}` },
          { "aws:SourceArn": DISTRIBUTION, "aws:Referer": "new-secret", ...context },
        );

        expect(policies.map((decided) => decided(request))).toEqual(["refused", "refused", "refused"]);
      }),
      { seed: 1 },
    );
    for (const version of ["1.2", "1.3"]) {
      expect(decide(policyOf(), but(anonymousRead, {}, { "s3:TlsVersion": version }))).toBe("allowed");
    }
  });
});

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
