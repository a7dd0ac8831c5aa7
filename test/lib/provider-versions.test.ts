import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { CloudflareProvider } from "@cdktf/provider-cloudflare/lib/provider";
import { DigitaloceanProvider } from "@cdktf/provider-digitalocean/lib/provider";
import { describe, expect, it } from "@jest/globals";
import { App, Lazy, TerraformStack } from "cdktf";
import fc from "fast-check";
import { ConfigurationError } from "../../lib/configuration-error";
import {
  applyProviderVersions,
  BINDINGS_MAJOR_VERSIONS,
  type ProviderVersions,
} from "../../lib/provider-versions";
import { StateBackend } from "../../lib/state-backend";
import { itRefusesEach } from "./refusal";
import { temporaryFolder } from "./temporary-folder";

const folder = temporaryFolder();

interface Terraform {
  readonly required_providers: Readonly<
    Record<string, { readonly version: string; readonly source: string }>
  >;
}

/** What Terraform reads of versions, for a stack with these providers; versions are set before the providers are there. */
function synthesized(providers: readonly (keyof ProviderVersions)[], versions: ProviderVersions): Terraform {
  const app = new App({ outdir: folder });
  const stack = new TerraformStack(app, "stack");
  StateBackend.local().attachTo(stack);
  applyProviderVersions(stack, versions, "app/providerVersions");
  const make = {
    aws: () => new AwsProvider(stack, "aws", { region: "eu-central-1" }),
    cloudflare: () => new CloudflareProvider(stack, "cloudflare", {}),
    digitalocean: () => new DigitaloceanProvider(stack, "digitalocean", {}),
  };
  for (const provider of providers) {
    make[provider]();
  }
  app.synth();
  return JSON.parse(readFileSync(join(folder, "stacks", "stack", "cdk.tf.json"), "utf8")).terraform;
}

function attempt(versions: ProviderVersions) {
  return () =>
    applyProviderVersions(new TerraformStack(new App({ outdir: folder }), "stack"), versions, "app/versions");
}

describe("versions of providers", () => {
  const all = ["aws", "cloudflare", "digitalocean"] as const;

  it("are those of the bindings where nothing is said, exactly", () => {
    const { required_providers } = synthesized(all, {});

    for (const provider of all) {
      const { version } = required_providers[provider] ?? { version: "" };
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
      // Held here, because the check has to know it before there is a provider.
      expect(Number.parseInt(version, 10)).toBe(BINDINGS_MAJOR_VERSIONS[provider]);
    }
  });

  it.each([
    ["the bindings' own", { aws: "6.25.0", cloudflare: "5.14.0", digitalocean: "2.71.0" }],
    ["newer ones", { aws: "~> 6.30", cloudflare: "~> 5.20", digitalocean: ">= 2.75.0, < 3.0.0, != 2.76.1" }],
    ["the next majors", { aws: ">= 7", cloudflare: "~>6.0 ,<8", digitalocean: "= 3.0.0-beta.1" }],
  ])("can be %s", (_which, versions) => {
    const { required_providers } = synthesized(all, versions);

    const found = Object.entries(required_providers).map(([name, { version }]) => [name, version]);
    expect(Object.fromEntries(found)).toEqual(versions);
    expect(required_providers.cloudflare?.source).toBe("cloudflare/cloudflare");
  });

  it("never bring a provider into a stack that does not need it", () => {
    const { required_providers } = synthesized(["cloudflare"], { aws: "~> 6.30", cloudflare: "~> 5.20" });

    expect(Object.keys(required_providers)).toEqual(["cloudflare"]);
  });

  it("leave alone what nothing is said about", () => {
    const untouched = synthesized(all, {}).required_providers;

    const { aws, ...others } = synthesized(all, { aws: "~> 6.30" }).required_providers;

    expect(aws).toEqual({ ...untouched.aws, version: "~> 6.30" });
    expect(others).toEqual({ cloudflare: untouched.cloudflare, digitalocean: untouched.digitalocean });
  });

  itRefusesEach([
    ...[
      "",
      "latest",
      "5.x",
      "~>",
      "^5.1.0",
      "5.1.0.1",
      "v5.20.0",
      "5.20.0,",
      ">= 5.20 < 6",
      "5.*",
      ">=  5.20",
      "5.2.0-a..b",
    ].map((value) => ({
      input: `the version "${value}"`,
      attempt: attempt({ cloudflare: value }),
      code: "VALUE_INVALID" as const,
      path: "app/versions/cloudflare",
      value,
      allowed: '"~> 5.1"',
      fix: 'use "~> 5.1"',
    })),
    ...["< 7.0.0", "~> 5.90", "!= 6.1.0", "5.0.0", ">= 4, < 7"].map((value) => ({
      input: `a version that may be older than the bindings: ${value}`,
      attempt: attempt({ aws: value }),
      code: "VALUE_INVALID" as const,
      path: "app/versions/aws",
      value,
      allowed: '">= 6.1.0, < 7.0.0"',
      fix: 'add a condition such as ">= 6.0.0"',
    })),
    {
      input: "a version that is known only later",
      attempt: attempt({ digitalocean: Lazy.stringValue({ produce: () => "2.71.0" }) }),
      code: "VALUE_INVALID",
      path: "app/versions/digitalocean",
      value: "(reference)",
      allowed: "conditions",
      fix: "write the version itself",
    },
  ]);

  it("are a constraint or refused, whatever is given", () => {
    const text = fc.oneof(
      fc.string(),
      fc
        .array(fc.constantFrom("~>", ">=", "<", "=", "!=", ",", ".", " ", "6", "7", "-rc", "v"), {
          maxLength: 12,
        })
        .map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(text, (aws) => {
        try {
          attempt({ aws })();
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigurationError);
          return;
        }
        expect(aws).toMatch(/^[^,]*\d[^,]*(,[^,]*\d[^,]*)*$/);
      }),
      { seed: 5, numRuns: 500 },
    );
  });
});
