import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { parseMarker } from "../../contract/marker";
import { STACK_NAMES, type StackName } from "../../contract/stacks";
import { STORE_NAMES } from "../../contract/stores";
import { failoverConfig } from "../../failover.config";
import { changedPaths } from "../../stacks/plan-difference";
import { type SynthesizedStacks, synthesizeStacks } from "../../stacks/synthesize";
import { temporaryFolder } from "../lib/temporary-folder";
import { configWithAsset } from "./replicator-asset";

/** The rules of the failure domains, held against what Terraform will read, for both values of the toggle. */
const folder = temporaryFolder();
const config = configWithAsset(folder, { useOriginSecret: true });
const plans = {
  primary: synthesizeStacks({ activeProvider: "primary", config, outdir: join(folder, "primary") }),
  secondary: synthesizeStacks({ activeProvider: "secondary", config, outdir: join(folder, "secondary") }),
};
const bothPlans = STORE_NAMES.map((active) => [active, plans[active]] as const);

type Block = Readonly<Record<string, unknown>>;

/** The object at a path; empty where there is none. */
function blockAt(plan: unknown, ...path: readonly string[]): Block {
  const found = path.reduce<unknown>((node, key) => (isBlock(node) ? node[key] : undefined), plan);
  return isBlock(found) ? found : {};
}

function isBlock(value: unknown): value is Block {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function resourcesOf(plan: unknown, type: string): readonly Block[] {
  return Object.keys(blockAt(plan, "resource", type)).map((name) => blockAt(plan, "resource", type, name));
}

/** As Terraform refers to them: `type.name`. */
function resourceNames(plan: unknown): readonly string[] {
  return Object.entries(blockAt(plan, "resource")).flatMap(([type, named]) =>
    Object.keys(isBlock(named) ? named : {}).map((name) => `${type}.${name}`),
  );
}

/** Every string in the JSON, keys included. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") {
    return [value];
  }
  if (Array.isArray(value)) {
    return value.flatMap(textsIn);
  }
  return isBlock(value) ? Object.entries(value).flatMap(([key, inner]) => [key, ...textsIn(inner)]) : [];
}

function namesByStack(stacks: SynthesizedStacks): readonly string[] {
  return STACK_NAMES.flatMap((stack) => resourceNames(stacks[stack]).map((name) => `${stack}: ${name}`));
}

function textOf(folderName: string, stack: StackName): string {
  return readFileSync(join(folder, folderName, "stacks", stack, "cdk.tf.json"), "utf8");
}

describe.each(bothPlans)(
  "rule 1, with %s active: the edge needs nobody but Cloudflare",
  (_active, { edge }) => {
    it("requires the cloudflare provider only", () => {
      expect(Object.keys(blockAt(edge, "terraform", "required_providers"))).toEqual(["cloudflare"]);
      expect(Object.keys(blockAt(edge, "provider"))).toEqual(["cloudflare"]);
    });

    it("has no data source and no resource of another provider", () => {
      expect(edge).not.toHaveProperty("data");
      for (const type of Object.keys(blockAt(edge, "resource"))) {
        expect(type).toMatch(/^cloudflare_/);
      }
    });

    it("keeps its state where AWS is not asked", () => {
      const backend = blockAt(edge, "terraform", "backend", "s3");

      expect(blockAt(backend, "endpoints").s3).toMatch(/^https:\/\/[0-9a-f]+\.r2\.cloudflarestorage\.com$/);
      expect(backend).toMatchObject({
        skip_credentials_validation: true,
        skip_metadata_api_check: true,
        skip_region_validation: true,
        skip_requesting_account_id: true,
        use_lockfile: true,
      });
    });
  },
);

describe.each(bothPlans)("rules 2 and 7, with %s active: stacks stand alone", (active, stacks) => {
  it("nothing refers to another stack's state", () => {
    expect(textsIn(stacks).filter((text) => text.includes("terraform_remote_state"))).toEqual([]);
    expect(textsIn(stacks).filter((text) => text.includes("cross-stack"))).toEqual([]);
  });

  it("whatever Terraform would fill in is a resource or a variable of the same stack", () => {
    for (const stack of STACK_NAMES) {
      const known = new Set([
        ...resourceNames(stacks[stack]),
        ...Object.keys(blockAt(stacks[stack], "variable")).map((name) => `var.${name}`),
      ]);
      const templates = textsIn(stacks[stack]).flatMap((text) =>
        [...text.matchAll(/(?<!\$)\$\{([^}]*)\}?|(?<!%)%\{/g)].map(([whole, inner]) => inner ?? whole),
      );
      const filledIn = templates.map(
        (text) => /^(?:tonumber\()?(var\.\w+|\w+\.[\w-]+)(?:\.\w+)?\)?$/.exec(text)?.[1] ?? text,
      );

      expect(templates.length).toBeGreaterThan(0);
      expect(filledIn.filter((reference) => !known.has(reference))).toEqual([]);
    }
  });

  it("no stack waits for another", () => {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, active, "manifest.json"), "utf8"));

    const dependencies = STACK_NAMES.map((stack) => blockAt(manifest, "stacks", stack).dependencies);

    expect(dependencies).toEqual([[], [], [], []]);
  });
});

describe("rule 3: a flip changes the edge, and there only the order, the marker and what names the active store", () => {
  const flip = changedPaths(plans.primary, plans.secondary);

  it("changes exactly these paths", () => {
    expect(flip.map((path) => path.replaceAll(/_[0-9A-F]{8}(?=\.)/g, ""))).toEqual([
      "edge: output.active_bucket.value",
      "edge: output.active_endpoint.value",
      "edge: output.active_store.value",
      "edge: output.standby_store.value",
      "edge: resource.cloudflare_dns_record.edge_marker_record.content",
      "edge: resource.cloudflare_load_balancer.edge_load-balancer.default_pools",
      "edge: resource.cloudflare_load_balancer.edge_load-balancer.fallback_pool",
    ]);
  });

  it.each(["primary", "secondary", "replication"] as const)("leaves %s identical, byte for byte", (stack) => {
    expect(textOf("secondary", stack)).toBe(textOf("primary", stack));
  });

  it("restores every byte when it is taken back", () => {
    synthesizeStacks({ activeProvider: "primary", config, outdir: join(folder, "back") });

    for (const stack of STACK_NAMES) {
      expect(textOf("back", stack)).toBe(textOf("primary", stack));
    }
  });

  it.each(bothPlans)(
    "puts the marker, the first pool, the fallback and the outputs in agreement: %s",
    (active, { edge }) => {
      const [loadBalancer = {}] = resourcesOf(edge, "cloudflare_load_balancer");
      const [marker = {}] = resourcesOf(edge, "cloudflare_dns_record");
      const [first] = Array.isArray(loadBalancer.default_pools) ? loadBalancer.default_pools : [];

      expect(first).toContain(`edge_${active}_pool`);
      expect(loadBalancer.fallback_pool).toBe(first);
      expect(parseMarker(String(marker.content).slice(1, -1)).active).toBe(active);
      expect(blockAt(edge, "output", "active_store").value).toBe(active);
    },
  );
});

describe("rule 4: a flip is an update in place", () => {
  it("adds and removes no resource", () => {
    expect(namesByStack(plans.secondary)).toEqual(namesByStack(plans.primary));
  });

  it.each(bothPlans)(
    "replaces nothing by making a second one first: names are unique (%s)",
    (_active, stacks) => {
      expect(textsIn(stacks)).toContain("prevent_destroy");
      expect(textsIn(stacks)).not.toContain("create_before_destroy");
    },
  );

  it.each(bothPlans)("moves the marker before the readers (%s)", (_active, { edge }) => {
    const [loadBalancer = {}] = resourcesOf(edge, "cloudflare_load_balancer");
    const [marker] = Object.keys(blockAt(edge, "resource", "cloudflare_dns_record"));

    expect(loadBalancer.depends_on).toEqual([`cloudflare_dns_record.${marker}`]);
  });

  it.each([
    ["primary", "aws_s3_bucket"],
    ["secondary", "digitalocean_volume"],
    ["edge", "cloudflare_load_balancer"],
  ] as const)("protects %s's %s from being destroyed, unless told not to", (stack, type) => {
    const open = synthesizeStacks({
      activeProvider: "primary",
      config: { ...config, protectFromDestroy: false },
      outdir: join(folder, "unprotected"),
    });

    const guardOf = (stacks: SynthesizedStacks) =>
      resourcesOf(stacks[stack], type).map((resource) => blockAt(resource, "lifecycle").prevent_destroy);

    expect(guardOf(plans.primary)).toEqual([true]);
    expect(guardOf(open)).toEqual([false]);
  });
});

describe.each(bothPlans)("rule 6, with %s active: no secret is written out", (_active, stacks) => {
  it("gives providers and backends no credentials", () => {
    for (const stack of STACK_NAMES) {
      const settings = [blockAt(stacks[stack], "provider"), blockAt(stacks[stack], "terraform", "backend")];
      expect(
        textsIn(settings).filter((text) => /token|secret|password|access_key|api_key/i.test(text)),
      ).toEqual([]);
    }
  });

  it("takes the origin secret from a sensitive variable without a default, a stack at a time", () => {
    for (const stack of ["primary", "edge"] as const) {
      const variable = blockAt(stacks[stack], "variable", "origin_secret");
      expect(variable).toMatchObject({ type: "string", sensitive: true });
      expect(variable).not.toHaveProperty("default");
      expect(textsIn(stacks[stack]).some((text) => text.includes("${var.origin_secret}"))).toBe(true);
    }
  });

  it("holds nothing that looks like a key", () => {
    const suspicious =
      /AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY|dop_v1_[0-9a-f]{8}|aws_secret_access_key\s*=/i;

    expect(textsIn(stacks).filter((text) => suspicious.test(text))).toEqual([]);
  });
});

describe("the output is the same on every machine", () => {
  it.each(STACK_NAMES)("has no absolute path in %s", (stack) => {
    expect(textOf("primary", stack)).not.toContain(folder);
    expect(textOf("primary", stack)).not.toContain(process.cwd());
  });
});

it("is what the drill relies on: the example's names fit together", () => {
  expect(failoverConfig.hostname).toBe("assets.example.com");
  expect(failoverConfig.primary).toMatchObject({
    bucketName: "example-assets-primary",
    region: "eu-central-1",
  });
  expect(failoverConfig.secondary.originHost.split(".")[0]).toBe(failoverConfig.secondary.bucketName);
});
