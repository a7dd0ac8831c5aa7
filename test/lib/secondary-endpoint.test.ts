import { describe, expect, it } from "@jest/globals";
import { App, TerraformStack, TerraformVariable } from "cdktf";
import type { AddressStyle } from "../../lib/object-store";
import type { EndpointStoreProps } from "../../lib/secondary/endpoint-store";
import { MinioSecondaryStore } from "../../lib/secondary/minio-secondary-store";
import { itRefusesEach, type RefusedInput, refusalOf } from "./refusal";
import { temporaryFolder } from "./temporary-folder";

const outdir = temporaryFolder();

const exampleEndpoint: EndpointStoreProps = {
  bucketName: "assets-standby",
  endpoint: "https://fra1.digitaloceanspaces.com",
  region: "fra1",
  addressStyle: "virtual",
  originHost: "assets-standby.fra1.digitaloceanspaces.com",
  credentialsSecretName: "storage-failover/assets-standby",
  versioned: true,
};

const path = (prop: keyof EndpointStoreProps) => `MinioSecondaryStore.fromEndpoint/${prop}`;
const attempt = (change: Partial<EndpointStoreProps>) => () =>
  MinioSecondaryStore.fromEndpoint({ ...exampleEndpoint, ...change });

/** What a caller without types can do. */
function untyped<Value>(value: unknown): Value {
  return value as Value;
}

describe("a store that exists, in the secondary's place", () => {
  it("is what other stacks must know, with the health object that the replicator leaves alone", () => {
    expect(MinioSecondaryStore.fromEndpoint(exampleEndpoint)).toEqual({
      storeName: "secondary",
      ...exampleEndpoint,
      healthPath: "/storage-failover-health.txt",
      healthBody: "storage-failover secondary is healthy",
    });
  });

  it.each<[string, Partial<EndpointStoreProps>]>([
    [
      "R2, which keeps no versions",
      {
        endpoint: "https://0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com",
        region: "auto",
        addressStyle: "path",
        versioned: false,
      },
    ],
    ["Wasabi", { endpoint: "https://s3.eu-central-1.wasabisys.com", region: "eu-central-1" }],
    ["Ceph on a port of its own", { endpoint: "https://ceph.example.com:7443", region: "us-east-1" }],
    ["a health object of one's own", { healthPath: "/health/ok.txt", healthBody: "standby: ok" }],
  ])("may be %s", (_, change) => {
    expect(attempt(change)()).toMatchObject(change);
  });
});

describe("bad input", () => {
  const reference = new TerraformVariable(new TerraformStack(new App({ outdir }), "other"), "name", {})
    .stringValue;
  const invalid = (
    prop: keyof EndpointStoreProps,
    values: readonly unknown[],
    words: Pick<RefusedInput, "allowed" | "fix">,
  ): RefusedInput[] =>
    values.map((value) => ({
      input: `${prop} ${JSON.stringify(value)}`,
      attempt: attempt({ [prop]: value }),
      code: "VALUE_INVALID",
      path: path(prop),
      value,
      ...words,
    }));

  itRefusesEach([
    ...invalid(
      "endpoint",
      [
        "",
        "fra1.digitaloceanspaces.com",
        "http://fra1.digitaloceanspaces.com",
        "https://fra1.digitaloceanspaces.com/",
        "https://fra1.digitaloceanspaces.com/assets-standby",
        "https://fra1.digitaloceanspaces.com?x=1",
        "https://fra1.digitaloceanspaces.com#x",
        "https://fra1.digitaloceanspaces.com:443",
        "https://FRA1.digitaloceanspaces.com",
      ],
      { allowed: "https, a host name", fix: "https://fra1.digitaloceanspaces.com" },
    ),
    ...invalid("region", ["", "eu central", "EU-CENTRAL-1", "-fra1"], {
      allowed: "lower-case letters",
      fix: '"auto" for R2',
    }),
    ...invalid("addressStyle", [untyped<AddressStyle>("host"), ""], {
      allowed: "virtual or path",
      fix: '"path"',
    }),
    ...invalid(
      "originHost",
      ["", "standby", "https://standby.example.com", "standby.example.com/a", "A.example.com"],
      {
        allowed: "lower-case labels",
        fix: "assets.example.com",
      },
    ),
    ...invalid("credentialsSecretName", ["", "a b", "x".repeat(513)], {
      allowed: "1 to 512 letters",
      fix: "storage-failover/assets-standby",
    }).map((line) => ({ ...line, value: "(hidden)" })),
    ...invalid("versioned", [untyped("false"), untyped(undefined), untyped(1)], {
      allowed: "true or false",
      fix: "give true or false",
    }),
    ...invalid(
      "healthPath",
      ["", "/", "health.txt", "/a//b", "/a/../b", "/a?b", "/a b", "/a%20b", `/${"x".repeat(1024)}`],
      {
        allowed: "a slash and a key",
        fix: "/storage-failover-health.txt",
      },
    ),
    ...invalid("healthBody", ["", "   ", "two\nlines", "größer", "${var.secret}", "x".repeat(257)], {
      allowed: "one line",
      fix: "storage-failover secondary is healthy",
    }),
    ...(
      [
        "bucketName",
        "endpoint",
        "region",
        "originHost",
        "credentialsSecretName",
        "healthPath",
        "healthBody",
      ] as const
    ).map(
      (prop): RefusedInput => ({
        input: `a reference as ${prop}`,
        attempt: attempt({ [prop]: reference }),
        code: "VALUE_INVALID",
        path: path(prop),
        value: "(reference)",
        allowed: "a plain string",
        fix: "write the value itself",
      }),
    ),
    {
      input: "a bucket name with dots",
      attempt: attempt({ bucketName: "assets.standby" }),
      code: "BUCKET_NAME_HAS_DOT",
      path: path("bucketName"),
      value: "assets.standby",
      allowed: "hyphens",
      fix: "assets-standby",
    },
  ]);

  it("does not repeat a password that stands in an endpoint", () => {
    const refusal = refusalOf(attempt({ endpoint: "https://user:canary@store.example.com" }));

    expect(refusal.message).not.toContain("canary");
    expect(refusal.value).toBe("https://(hidden)@store.example.com");
  });
});
