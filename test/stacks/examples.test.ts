import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { fenceSeconds, MARKER_HOLD_SECONDS, markerRecordName } from "../../contract/marker";
import { HEALTH_KEY, healthBody, STATE_PREFIX } from "../../contract/state-keys";
import { blockAt } from "../../lib/checks/plan-reading";
import { OUTAGE_KINDS, predictRecoveryTime } from "../../lib/objectives";
import { changedPaths } from "../../stacks/plan-difference";
import { temporaryFolder } from "../lib/temporary-folder";
import { EXAMPLE_APPS, exampleFile, exampleSynthesizer } from "./synthesize-example";

/** The examples as they stand, and what their READMEs say of them. */
const folder = temporaryFolder();
const synthesizeExample = exampleSynthesizer(folder);
const FOUR_STACKS = ["edge", "primary", "replication", "secondary"];

/** What a flip may change, without the hashes in the names. */
const CHANGED_BY_A_FLIP =
  /^(\w+-)?edge: (output\.\w+\.value|resource\.cloudflare_dns_record\.\S+\.content|resource\.cloudflare_load_balancer\.\S+\.(default_pools|fallback_pool))$/;

function flipOf(example: string): readonly string[] {
  return changedPaths(synthesizeExample(example).plans, synthesizeExample(example, "secondary").plans);
}

describe.each(EXAMPLE_APPS)("examples/%s", (example) => {
  it("follows its one word, and nothing but order, fallback, marker and outputs of an edge does", () => {
    const flip = flipOf(example);

    expect(flip.filter((path) => !CHANGED_BY_A_FLIP.test(path))).toEqual([]);
    for (const needed of ["default_pools", "fallback_pool", "content"]) {
      expect(flip.filter((path) => path.endsWith(`.${needed}`))).toHaveLength(
        example === "several-buckets" ? 2 : 1,
      );
    }
  });

  it("says in cdktf.json which store is active, and in 15 to 40 lines what it shows", () => {
    const settings: unknown = JSON.parse(exampleFile(example, "cdktf.json"));
    const lines = exampleFile(example, "README.md").trimEnd().split("\n");

    expect(settings).toMatchObject({ app: "npx tsx main.ts", context: { activeProvider: "primary" } });
    expect(lines.length).toBeGreaterThanOrEqual(15);
    expect(lines.length).toBeLessThanOrEqual(40);
    expect(exampleFile(".", "README.md")).toContain(`| [\`${example}\`](${example}/README.md) |`);
  });
});

it("examples are projects of their own", () => {
  const ids = EXAMPLE_APPS.map((example) => JSON.parse(exampleFile(example, "cdktf.json")).projectId);

  expect(EXAMPLE_APPS).toHaveLength(10);
  expect(new Set(ids).size).toBe(ids.length);
});

describe("examples/smallest", () => {
  const { plans, plan, resources } = synthesizeExample("smallest");
  const ruleOf = (phase: string) =>
    resources("edge", "cloudflare_ruleset").find((ruleset) => ruleset.phase === phase)?.rules;

  it("makes the four stacks, with state in files", () => {
    expect(Object.keys(plans)).toEqual(FOUR_STACKS);
    expect(plan("edge").terraform).toMatchObject({
      backend: { local: { path: "../../../terraform.edge.tfstate" } },
    });
  });

  it("serves / as /index.html, and caches what the objects allow", () => {
    expect(ruleOf("http_request_transform")).toMatchObject([
      {
        expression: expect.stringContaining('http.request.uri.path eq "/"'),
        action_parameters: { uri: { path: { value: "/index.html" } } },
      },
    ]);
    expect(ruleOf("http_request_cache_settings")).toMatchObject([
      {
        action_parameters: {
          edge_ttl: { mode: "bypass_by_default" },
          browser_ttl: { mode: "respect_origin" },
        },
      },
      { action_parameters: { cache: false } },
    ]);
    // Nobody may list, and so a missing key is a 403.
    expect(JSON.stringify(resources("primary", "aws_s3_bucket_policy"))).not.toContain("s3:ListBucket");
  });

  it("uploads to the active store of its own configuration, within the rules for writers", () => {
    const script = exampleFile("smallest", "upload.sh");
    const asking = 5;

    expect(script).toContain(`hostname: "${String(blockAt(plan("edge"), "output", "hostname").value)}"`);
    for (const [variable, value] of Object.entries(storesOf("smallest"))) {
      expect([variable, script.includes(value)]).toEqual([variable, true]);
    }
    expect(Number(/^sleep (\d+)$/m.exec(script)?.[1])).toBe(fenceSeconds());
    expect(Number(/timeout (\d+) aws/.exec(script)?.[1]) + asking).toBe(MARKER_HOLD_SECONDS);
    expect(script).not.toMatch(/aws .*--delete/);
  });

  it.each([
    ["to the active store, in as many turns as it takes", ["primary", "primary", "primary"], [124, 0], 0, 2],
    ["not at all while nobody knows which store is active", [""], [], 1, 0],
    ["no further once the active store has changed", ["primary", "primary", "secondary"], [124], 1, 1],
    ["no further after a failure", ["primary", "primary"], [1], 1, 1],
  ])("uploads %s", (_, answers, ends, code, copies) => {
    const run = runUpload(answers, ends);

    expect(run).toMatchObject({ code });
    expect(run.copies).toEqual(
      Array(copies).fill(
        "when_required s3 sync site s3://example-assets-primary --cache-control max-age=300",
      ),
    );
  });
});

/** Where the replicator finds both stores. */
function storesOf(example: string): Readonly<Record<string, string>> {
  const [replicator = {}] = synthesizeExample(example).resources("replication", "aws_lambda_function");
  const { PRIMARY_BUCKET, SECONDARY_BUCKET, SECONDARY_ENDPOINT } = blockAt(
    replicator,
    "environment",
    "variables",
  );
  return {
    PRIMARY_BUCKET: String(PRIMARY_BUCKET),
    SECONDARY_BUCKET: String(SECONDARY_BUCKET),
    SECONDARY_ENDPOINT: String(SECONDARY_ENDPOINT),
  };
}

/** Runs upload.sh with programs that take the answers of the marker, and the ends of the copies, from lists. */
function runUpload(answers: readonly string[], ends: readonly number[]) {
  const programs = mkdtempSync(join(folder, "programs-"));
  const log = join(programs, "copies.log");
  const take = (list: string) =>
    `first=$(head -n 1 "${programs}/${list}"); sed -i.old 1d "${programs}/${list}"`;
  const write = (name: string, lines: string) => {
    writeFileSync(join(programs, name), `#!/usr/bin/env bash\n${lines}\n`);
    chmodSync(join(programs, name), 0o755);
  };
  writeFileSync(join(programs, "answers"), `${answers.join("\n")}\n`);
  writeFileSync(join(programs, "ends"), `${ends.join("\n")}\n`);
  write("node", `${take("answers")}; [ -n "$first" ] && echo "$first"`);
  write("aws", `echo "$AWS_REQUEST_CHECKSUM_CALCULATION $*" >> "${log}"; ${take("ends")}; exit "$first"`);
  write("sleep", "exit 0");
  write("timeout", 'shift; exec "$@"');
  let code = 0;
  try {
    execFileSync("bash", [join("examples", "smallest", "upload.sh"), "site"], {
      env: { PATH: `${programs}:${process.env.PATH}` },
      stdio: "pipe",
    });
  } catch (error) {
    code = Number((error as { status?: unknown }).status);
  }
  return { code, copies: existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n") : [] };
}

describe("examples/existing-stores", () => {
  const { plan, resources, warnings } = synthesizeExample("existing-stores");

  it("adds one object to the bucket and nothing to the other store", () => {
    expect(Object.keys(blockAt(plan("primary"), "resource"))).toEqual(["aws_s3_object"]);
    expect(resources("primary", "aws_s3_object")).toMatchObject([{ key: HEALTH_KEY }]);
    expect(plan("secondary").resource).toBeUndefined();
  });

  it("reads both by their own names, and tells the README's reader which object to put there", () => {
    const origins = resources("edge", "cloudflare_load_balancer_pool").map((pool) => pool.origins);

    expect(origins).toMatchObject([
      [{ address: "example-photos.s3.eu-central-1.amazonaws.com" }],
      [{ address: "photos-standby.s3.eu-central-2.wasabisys.com" }],
    ]);
    expect(exampleFile("existing-stores", "README.md")).toContain(
      `\`${HEALTH_KEY}\` with the text \`${healthBody("secondary")}\``,
    );
    expect(warnings).toEqual([]);
  });
});

describe("examples/cloudfront-origin", () => {
  const { plan, resources, warnings } = synthesizeExample("cloudfront-origin");

  it("gives the edge an alias that is a record beside the distribution, and no other stack's value", () => {
    const [pool = {}] = resources("edge", "cloudflare_load_balancer_pool");

    expect(resources("primary", "cloudflare_dns_record")).toMatchObject([
      {
        name: "reports-origin.example.com",
        type: "CNAME",
        content: expect.stringMatching(/^\$\{aws_cloudfront_distribution\.\w+\.domain_name\}$/),
        proxied: false,
      },
    ]);
    expect(pool.origins).toMatchObject([{ address: "reports-origin.example.com" }]);
    expect(Object.keys(blockAt(plan("edge"), "provider"))).toEqual(["cloudflare"]);
    expect(JSON.stringify(plan("edge"))).not.toMatch(/aws_|cloudfront/);
  });

  it("encrypts with the key, and asks readers for the secret", () => {
    const keyArn = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-0000-0000-000000000000";
    const [role = {}] = resources("replication", "aws_iam_role");

    expect(
      JSON.stringify(resources("primary", "aws_s3_bucket_server_side_encryption_configuration")),
    ).toContain(keyArn);
    expect(exampleFile("cloudfront-origin", "README.md")).toContain(
      `the replicator's role, \`${String(role.name)}\``,
    );
    for (const stack of ["primary", "edge"]) {
      expect(blockAt(plan(stack), "variable", "origin_secret")).toMatchObject({ sensitive: true });
    }
    expect(warnings.join()).toContain(
      "what is written to the secondary while it is active is not replicated back",
    );
  });
});

describe("examples/regions", () => {
  const { resources } = synthesizeExample("regions");

  it("gives Asia and Oceania the store in Singapore, whichever store is active", () => {
    const [before = {}] = resources("edge", "cloudflare_load_balancer");
    const [after = {}] = synthesizeExample("regions", "secondary").resources(
      "edge",
      "cloudflare_load_balancer",
    );
    const near = [
      expect.stringContaining("edge_secondary_pool"),
      expect.stringContaining("edge_primary_pool"),
    ];

    expect(before).toMatchObject({
      steering_policy: "geo",
      region_pools: { SEAS: near, NEAS: near, OC: near },
      default_pools: [expect.stringContaining("edge_primary_pool"), expect.anything()],
    });
    expect(after.region_pools).toEqual(before.region_pools);
    expect(resources("secondary", "digitalocean_droplet")).toMatchObject([{ region: "sgp1" }]);
  });

  it("keeps 30 seconds, and would not keep 25", () => {
    const [monitor = {}] = resources("edge", "cloudflare_load_balancer_monitor");
    const timings = {
      intervalSeconds: Number(monitor.interval),
      timeoutSeconds: Number(monitor.timeout),
      retries: Number(monitor.retries),
      consecutiveUp: Number(monitor.consecutive_up),
      consecutiveDown: Number(monitor.consecutive_down),
      failoverAcrossPools: true,
    };

    const worst = Math.max(...OUTAGE_KINDS.map((kind) => predictRecoveryTime(kind, timings).worst));

    expect([timings.intervalSeconds, worst]).toEqual([10, 30]);
  });
});

describe("examples/events-and-fan-out", () => {
  const { plan, resources } = synthesizeExample("events-and-fan-out");

  it("has a function for events and a state machine of eight, beside the sweep", () => {
    const [machine = {}] = resources("replication", "aws_sfn_state_machine");

    expect(resources("replication", "aws_lambda_function")).toHaveLength(3);
    expect(resources("replication", "aws_lambda_event_source_mapping")).toHaveLength(1);
    expect(machine.name).toBe("storage-failover-example-uploads-primary-fan-out");
    expect(String(machine.definition)).toContain('"MaxConcurrency":8');
  });

  it("rings eight alarms by one topic, in mail, Slack and PagerDuty, and has a dashboard", () => {
    const protocols = resources("replication", "aws_sns_topic_subscription").map(({ protocol }) => protocol);

    expect(resources("replication", "aws_cloudwatch_metric_alarm")).toHaveLength(8);
    expect(resources("replication", "aws_sns_topic")).toHaveLength(1);
    expect(new Set(protocols)).toEqual(new Set(["email", "https"]));
    expect(resources("replication", "aws_chatbot_slack_channel_configuration")).toMatchObject([
      { slack_team_id: "T0123ABCD", slack_channel_id: "C0123ABCD" },
    ]);
    expect(resources("replication", "aws_cloudwatch_dashboard")).toHaveLength(1);
  });

  it("knows its secrets by the names that the README asks for", () => {
    const readme = exampleFile("events-and-fan-out", "README.md");
    const asked = [...readme.matchAll(/^\| `(storage-failover\/[\w-]+)` \|/gm)].map(([, name]) => name ?? "");

    expect(asked).toHaveLength(3);
    for (const name of asked) {
      expect(JSON.stringify(plan("replication"))).toContain(name);
    }
  });
});

describe("examples/own-stack", () => {
  const { plans, plan, resources } = synthesizeExample("own-stack");

  it("puts a store, a replicator and an edge into the team's own stacks", () => {
    expect(Object.keys(plans)).toEqual(["downloads-edge", "downloads-replication", "downloads-store"]);
    expect(resources("downloads-store", "aws_s3_bucket")).toMatchObject([{ bucket: "example-downloads" }]);
    expect(resources("downloads-replication", "aws_lambda_function")).toHaveLength(1);
    expect(JSON.stringify(plans)).not.toContain("terraform_remote_state");
    expect(exampleFile("own-stack", "main.ts")).toMatch(/^addFailoverChecks\(app\);\napp\.synth\(\);$/m);
  });

  it("leaves the zone's rulesets alone, and says how long reads fail", () => {
    expect(Object.keys(blockAt(plan("downloads-edge"), "resource")).sort()).toEqual([
      "cloudflare_dns_record",
      "cloudflare_load_balancer",
      "cloudflare_load_balancer_monitor",
      "cloudflare_load_balancer_pool",
    ]);
    expect(blockAt(plan("downloads-edge"), "output", "recovery_seconds_at_worst").value).toBe(35);
  });

  it("tells replication and edge the same two stores and the same marker", () => {
    const [replicator = {}] = resources("downloads-replication", "aws_lambda_function");
    const addresses = resources("downloads-edge", "cloudflare_load_balancer_pool").map(
      (pool) => pool.origins,
    );

    expect(addresses).toMatchObject([
      [{ address: "example-downloads.s3.eu-central-1.amazonaws.com" }],
      [{ address: "downloads-standby.example.com" }],
    ]);
    expect(blockAt(replicator, "environment", "variables")).toMatchObject({
      PRIMARY_BUCKET: "example-downloads",
      SECONDARY_ENDPOINT: "https://downloads-standby.example.com",
    });
    expect(JSON.stringify(replicator.environment)).toContain(markerRecordName("downloads.example.com"));
  });
});

describe("examples/several-buckets", () => {
  const { plans, resources } = synthesizeExample("several-buckets");
  const pairs = ["images", "videos"];

  it("gives each pair stacks and states of its own", () => {
    expect(Object.keys(plans)).toEqual([
      ...pairs.flatMap((pair) => FOUR_STACKS.map((stack) => `${pair}-${stack}`)),
      "zone-rules",
    ]);
    const states = Object.values(plans).map((plan) => JSON.stringify(blockAt(plan, "terraform", "backend")));
    expect(new Set(states).size).toBe(states.length);
  });

  it("makes the zone's rules once, each with a ref of its own, and the cache's exception last", () => {
    for (const pair of pairs) {
      expect(resources(`${pair}-edge`, "cloudflare_ruleset")).toEqual([]);
    }
    const rulesets = resources("zone-rules", "cloudflare_ruleset");
    const refs = Object.fromEntries(
      rulesets.map(({ phase, rules }) => [
        phase,
        (Array.isArray(rules) ? rules : []).map((rule: unknown) => blockAt({ rule }, "rule").ref),
      ]),
    );

    expect(refs).toEqual({
      http_request_transform: [
        "storage-failover-index-images-example-com",
        "storage-failover-index-videos-example-com",
      ],
      http_response_headers_transform: [
        "storage-failover-stamp-images-example-com",
        "storage-failover-stamp-videos-example-com",
      ],
      http_request_cache_settings: [
        "storage-failover-cache-images-example-com",
        "storage-failover-cache-bypass-images-example-com",
        "storage-failover-cache-videos-example-com",
        "storage-failover-cache-bypass-videos-example-com",
      ],
    });
    for (const { rules } of rulesets) {
      expect(JSON.stringify(rules)).toMatch(/images\.example\.com.*videos\.example\.com/);
    }
    expect(JSON.stringify(rulesets)).toContain(STATE_PREFIX);
  });
});

describe("examples/terraform-cloud", () => {
  const { plans } = synthesizeExample("terraform-cloud");

  it("has a workspace a stack, and the edge's on a host that is not HashiCorp's", () => {
    const workspaces = Object.entries(plans).map(([stack, plan]) => {
      const cloud = blockAt(plan, "terraform", "cloud");
      return [stack, cloud.hostname, blockAt(cloud, "workspaces").name];
    });

    expect(workspaces).toEqual([
      ["edge", "terraform.example.com", "assets-edge"],
      ["primary", undefined, "assets-primary"],
      ["replication", undefined, "assets-replication"],
      ["secondary", undefined, "assets-secondary"],
    ]);
  });
});

describe("examples/opentofu", () => {
  const { plans } = synthesizeExample("opentofu");

  it.each(FOUR_STACKS)("encrypts state and plans of %s, by a passphrase that stands nowhere", (stack) => {
    const plan = blockAt(plans, stack);
    // OpenTofu 1.10 refuses a template in this place, and nowhere else.
    const method = "method.aes_gcm.passphrase";

    expect(blockAt(plan, "terraform", "encryption")).toEqual({
      key_provider: { pbkdf2: { passphrase: { passphrase: "${var.state_passphrase}" } } },
      method: { aes_gcm: { passphrase: { keys: "${key_provider.pbkdf2.passphrase}" } } },
      state: { method, enforced: true },
      plan: { method, enforced: true },
    });
    const variable = blockAt(plan, "variable", "state_passphrase");
    expect(variable).toMatchObject({ type: "string", sensitive: true, nullable: false });
    expect(variable).not.toHaveProperty("default");
    expect(blockAt(plan, "terraform", "backend", "s3").use_lockfile).toBe(true);
  });
});
