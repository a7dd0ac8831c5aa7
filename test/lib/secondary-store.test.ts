import { CloudflareProvider } from "@cdktf/provider-cloudflare/lib/provider";
import { DigitaloceanProvider } from "@cdktf/provider-digitalocean/lib/provider";
import { describe, expect, it } from "@jest/globals";
import { App, TerraformStack, TerraformVariable, Testing } from "cdktf";
import { CLOUDFLARE_IPV4_RANGES } from "../../lib/primary/cloudflare-ranges";
import {
  MinioSecondaryStore,
  type MinioSecondaryStoreProps,
} from "../../lib/secondary/minio-secondary-store";
import { cloudInit } from "../../lib/secondary/provisioning";
import { DEFAULT_SERVER_IMAGE, serverImageProblem } from "../../lib/secondary/server-image";
import { exampleSecondary } from "./example-stores";
import { itRefusesEach, type RefusedInput, refusalOf } from "./refusal";
import { synthesizedResources } from "./synthesized-resources";
import { temporaryFolder } from "./temporary-folder";

const outdir = temporaryFolder();
const exampleProps: MinioSecondaryStoreProps = {
  bucketName: "assets-standby",
  originHost: "assets-standby.example.com",
  zoneName: "example.com",
  zoneId: "zone",
  region: "fra1",
  volumeGiB: 100,
  sshKeyIds: ["1"],
};

function createStore(change: Partial<MinioSecondaryStoreProps> = {}) {
  const stack = new TerraformStack(new App({ outdir }), "secondary");
  new DigitaloceanProvider(stack, "digitalocean", {});
  new CloudflareProvider(stack, "cloudflare", {});
  return { stack, store: new MinioSecondaryStore(stack, "store", { ...exampleProps, ...change }) };
}

interface FirewallRule {
  readonly protocol: string;
  readonly port_range: string;
  readonly source_addresses?: string[];
}

function synthesizeStore(change: Partial<MinioSecondaryStoreProps> = {}) {
  const { stack, store } = createStore(change);
  const { resources, only } = synthesizedResources(Testing.synth(stack, true));
  const inbound = (port: string) => {
    const rules = only("digitalocean_firewall").inbound_rule;
    return Array.isArray(rules) ? rules.filter((rule: FirewallRule) => rule.port_range === port) : [];
  };
  return { store, resources, only, inbound };
}

describe("what other stacks are told", () => {
  it("names the DNS-only host for requests of both kinds, in plain strings", () => {
    const { store } = createStore();

    expect(store).toMatchObject(exampleSecondary);
    expect(createStore({ credentialsSecretName: "team/standby" }).store.credentialsSecretName).toBe(
      "team/standby",
    );
  });
});

describe("the droplet and what outlives it", () => {
  it("ignores edits of its user data, and is replaced when asked to", () => {
    const { only } = synthesizeStore({ serverGeneration: 2 });

    const lifecycle = only("digitalocean_droplet").lifecycle;

    expect(only("terraform_data").input).toEqual({ generation: 2 });
    expect(lifecycle).toEqual({
      ignore_changes: ["user_data"],
      // Terraform takes an address here, and refuses "${…}".
      replace_triggered_by: [expect.stringMatching(/^terraform_data\.\w+$/)],
    });
  });

  it("keeps objects on a volume that is attached, never listed, and protected", () => {
    const { only } = synthesizeStore();

    expect(only("digitalocean_volume")).toMatchObject({
      name: "assets-standby",
      region: "fra1",
      size: 100,
      lifecycle: { prevent_destroy: true },
    });
    expect(only("digitalocean_droplet")).not.toHaveProperty("volume_ids");
    expect(only("digitalocean_volume_attachment")).toEqual({
      droplet_id: expect.stringMatching(/^\$\{tonumber\(digitalocean_droplet\./),
      volume_id: expect.stringMatching(/^\$\{digitalocean_volume\./),
    });
    expect(synthesizeStore({ protectFromDestroy: false }).only("digitalocean_volume").lifecycle).toEqual({
      prevent_destroy: false,
    });
  });

  it("has an address of its own, assigned in one way only, and a DNS-only record for it", () => {
    const { only } = synthesizeStore();

    expect(only("digitalocean_reserved_ip")).toEqual({ region: "fra1" });
    expect(only("digitalocean_reserved_ip_assignment").ip_address).toMatch(/^\$\{digitalocean_reserved_ip\./);
    expect(only("cloudflare_dns_record")).toEqual({
      zone_id: "zone",
      name: "assets-standby.example.com",
      type: "A",
      content: expect.stringMatching(/^\$\{digitalocean_reserved_ip\..*\.ip_address\}$/),
      ttl: 60,
      proxied: false,
    });
  });

  it("carries the rendered provisioning, in a form that Terraform leaves as it is", () => {
    const { only } = synthesizeStore();
    const given = String(only("digitalocean_droplet").user_data);

    const seenByDroplet = given.replaceAll("$${", () => "${").replaceAll("%%{", () => "%{");

    expect(given).not.toMatch(/(?<!\$)\$\{|(?<!%)%\{/);
    expect(seenByDroplet).toBe(
      cloudInit({
        bucketName: "assets-standby",
        volumeName: "assets-standby",
        originHost: "assets-standby.example.com",
        readerRanges: CLOUDFLARE_IPV4_RANGES,
        serverImage: DEFAULT_SERVER_IMAGE,
      }),
    );
    expect(seenByDroplet.length).toBeLessThan(64 * 1024);
  });
});

describe("the firewall", () => {
  it("opens HTTPS to all by default, because a function has no fixed address, and keeps SSH closed", () => {
    const { inbound } = synthesizeStore();

    expect(inbound("443")).toEqual([
      { protocol: "tcp", port_range: "443", source_addresses: ["0.0.0.0/0", "::/0"] },
    ]);
    expect(inbound("22")).toEqual([]);
  });

  it("limits HTTPS to the replicator and Cloudflare where the replicator's networks are known, but not port 80", () => {
    const { inbound } = synthesizeStore({
      replicatorCidrs: ["198.51.100.0/24"],
      adminCidrs: ["203.0.113.7/32"],
    });

    expect(inbound("443")).toEqual([
      {
        protocol: "tcp",
        port_range: "443",
        source_addresses: [...CLOUDFLARE_IPV4_RANGES, "198.51.100.0/24"],
      },
    ]);
    expect(inbound("22")).toEqual([
      { protocol: "tcp", port_range: "22", source_addresses: ["203.0.113.7/32"] },
    ]);
    expect(inbound("80")[0]?.source_addresses).toEqual(["0.0.0.0/0", "::/0"]);
  });

  it("lets the droplet reach names, time, packages, images and certificates", () => {
    const { only } = synthesizeStore();

    const outbound = only("digitalocean_firewall").outbound_rule;

    expect(outbound).toEqual(
      ["tcp/53", "udp/53", "tcp/80", "udp/123", "tcp/443"].map((rule) =>
        expect.objectContaining({ protocol: rule.split("/")[0], port_range: rule.split("/")[1] }),
      ),
    );
  });
});

describe("what a careful team may add", () => {
  it("adds nothing of it unasked: no VPC, no backups, no alerts, no secret for readers", () => {
    const { only, resources, store } = synthesizeStore();

    const droplet = only("digitalocean_droplet");

    expect(droplet).not.toHaveProperty("vpc_uuid");
    expect(droplet).not.toHaveProperty("backups");
    expect(Object.keys(resources).filter((type) => /alert|uptime/.test(type))).toEqual([]);
    expect(store.alerts).toBeUndefined();
    expect(String(droplet.user_data)).not.toContain("ORIGIN_SECRET} ");
  });

  it("puts the droplet into a VPC, and has it backed up", () => {
    const vpcId = "01234567-89ab-cdef-0123-456789abcdef";
    const { only } = synthesizeStore({ vpcId, backups: true });

    expect(only("digitalocean_droplet")).toMatchObject({ vpc_uuid: vpcId, backups: true });
  });

  it("asks readers for the edge's secret, whose value is in no plan", () => {
    const userData = String(
      synthesizeStore({ requireOriginSecret: true }).only("digitalocean_droplet").user_data,
    );

    expect(userData).toContain("{env.ORIGIN_SECRET} {env.PREVIOUS_ORIGIN_SECRET}");
    expect(userData.match(/ORIGIN_SECRET=.*/g)).toEqual([
      `ORIGIN_SECRET=%s\\n' "$\${lines[0]}" >"$secrets.new"`,
      `ORIGIN_SECRET=%s\\n' "$\${lines[1]}" >>"$secrets.new"`,
    ]);
  });

  it("has DigitalOcean watch disk, memory and load of this droplet, and tell people", () => {
    const { resources, only } = synthesizeStore({
      monitorAlertEmails: ["on-call@example.com", "team@example.com"],
      monitorAlertDiskPercent: 70,
      monitorAlertLoad: 8,
    });

    const alerts = Object.values(resources.digitalocean_monitor_alert ?? {});

    expect(alerts.map(({ type, value, window }) => [type, value, window].join(" ")).toSorted()).toEqual([
      "v1/insights/droplet/disk_utilization_percent 70 5m",
      "v1/insights/droplet/load_5 8 10m",
      "v1/insights/droplet/memory_utilization_percent 90 5m",
    ]);
    for (const alert of alerts) {
      expect(alert).toMatchObject({
        compare: "GreaterThan",
        enabled: true,
        entities: [expect.stringMatching(/^\$\{digitalocean_droplet\..*\.id\}$/)],
        alerts: { email: ["on-call@example.com", "team@example.com"] },
      });
    }
    expect(only("digitalocean_droplet").monitoring).toBe(true);
    expect(resources).not.toHaveProperty("digitalocean_uptime_check");
  });

  it("has DigitalOcean ask the readers' name for the health object, not the origin, which refuses strangers", () => {
    const { resources, only } = synthesizeStore({
      monitorAlertEmails: ["on-call@example.com"],
      uptimeCheckHost: "assets.example.com",
    });

    expect(only("digitalocean_uptime_check")).toMatchObject({
      target: "https://assets.example.com/storage-failover-health.txt",
      type: "https",
      enabled: true,
    });
    const alerts = Object.values(resources.digitalocean_uptime_alert ?? {});
    expect(
      alerts.map(({ type, comparison, threshold }) => [type, comparison, threshold].join(" ")).toSorted(),
    ).toEqual(["down_global less_than 1", "ssl_expiry less_than 14"]);
    for (const { notifications, check_id } of alerts) {
      expect(notifications).toEqual([{ email: ["on-call@example.com"] }]);
      expect(check_id).toMatch(/^\$\{digitalocean_uptime_check\./);
    }
  });

  it("runs the server from an image that no tag can move", () => {
    const userData = String(synthesizeStore().only("digitalocean_droplet").user_data);

    expect(DEFAULT_SERVER_IMAGE).toMatch(/^quay\.io\/minio\/minio:RELEASE\.[\dTZ-]+@sha256:[0-9a-f]{64}$/);
    expect(userData).toContain(`${DEFAULT_SERVER_IMAGE} server /data`);
  });
});

describe("bad input", () => {
  const path = (prop: keyof MinioSecondaryStoreProps) => `secondary/store/${prop}`;
  const attempt = (change: Partial<MinioSecondaryStoreProps>) => () => createStore(change);
  const reference = new TerraformVariable(new TerraformStack(new App({ outdir }), "other"), "name", {})
    .stringValue;

  const refused: RefusedInput[] = [
    ...[
      "example.com",
      "a.b.example.com",
      "standby.example.org",
      "standbyexample.com",
      "-a.example.com",
      "A.example.com",
      ".example.com",
      "standby.example.com:9000",
      "https://standby.example.com",
      "203.0.113.7:9000",
    ].map(
      (originHost): RefusedInput => ({
        input: `the origin host ${originHost}`,
        attempt: attempt({ originHost }),
        code: "ORIGIN_HOST_NOT_BELOW_ZONE",
        path: path("originHost"),
        value: originHost,
        allowed: "then .example.com",
        fix: "assets-standby.example.com",
      }),
    ),
    ...[
      "quay.io/minio/minio:latest",
      "quay.io/minio/minio",
      "minio/minio:RELEASE.2025-09-07T16-13-09Z",
      "docker.io/minio/minio:RELEASE.2025-09-07T16-13-09Z",
      "index.docker.io/minio/minio:RELEASE.2025-09-07T16-13-09Z",
      `docker.io/minio/mc@sha256:${"0".repeat(64)}`,
      "pgsty/silo:1",
      "quay.io/minio/minio@sha256:short",
      "not an image",
    ].map(
      (serverImage): RefusedInput => ({
        input: `the image ${serverImage}`,
        attempt: attempt({ serverImage }),
        code: "SERVER_IMAGE_REFUSED",
        path: path("serverImage"),
        value: serverImage,
        allowed: "release tag or a sha256 digest",
        fix: DEFAULT_SERVER_IMAGE,
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
    {
      input: "a bucket name that cannot name a volume",
      attempt: attempt({ bucketName: "3d-assets" }),
      code: "VALUE_INVALID",
      path: path("bucketName"),
      value: "3d-assets",
      allowed: "beginning with a letter",
      fix: "serverName",
    },
    {
      input: "an origin host that is known only later",
      attempt: attempt({ originHost: reference }),
      code: "VALUE_INVALID",
      path: path("originHost"),
      value: "(reference)",
      allowed: "a plain string",
      fix: "write the value itself",
    },
    {
      input: "an AWS region",
      attempt: attempt({ region: "eu-central-1" }),
      code: "VALUE_INVALID",
      path: path("region"),
      value: "eu-central-1",
      allowed: "fra1",
      fix: "doctl compute region list",
    },
    {
      input: "no SSH key",
      attempt: attempt({ sshKeyIds: [] }),
      code: "VALUE_INVALID",
      path: path("sshKeyIds"),
      value: [],
      allowed: "one or more",
      fix: "doctl compute ssh-key list",
    },
    ...[0, 3651, 1.5].map(
      (longestOutageDays): RefusedInput => ({
        input: `a longest outage of ${longestOutageDays} days`,
        attempt: attempt({ longestOutageDays }),
        code: "NUMBER_OUT_OF_RANGE",
        path: path("longestOutageDays"),
        value: longestOutageDays,
        allowed: "from 1 to 3650",
        fix: "choose a number",
      }),
    ),
    ...[59, 604_801, 90.5].map(
      (staleAfterSeconds): RefusedInput => ({
        input: `answers that are stale after ${staleAfterSeconds} seconds`,
        attempt: attempt({ staleAfterSeconds }),
        code: "NUMBER_OUT_OF_RANGE",
        path: path("staleAfterSeconds"),
        value: staleAfterSeconds,
        allowed: "from 60 to 604800",
        fix: "choose a number",
      }),
    ),
    ...[0, 16_385, 0.5].map(
      (volumeGiB): RefusedInput => ({
        input: `a volume of ${volumeGiB} GiB`,
        attempt: attempt({ volumeGiB }),
        code: "NUMBER_OUT_OF_RANGE",
        path: path("volumeGiB"),
        value: volumeGiB,
        allowed: "from 1 to 16384",
        fix: "choose a number",
      }),
    ),
    ...["0.0.0.0/0", "::/0", "203.0.113.7", "203.0.113.7/33", "example.com/24", "203.0.113.7/24/1"].map(
      (range): RefusedInput => ({
        input: `SSH open to ${range}`,
        attempt: attempt({ adminCidrs: ["203.0.113.0/24", range] }),
        code: "VALUE_INVALID",
        path: path("adminCidrs"),
        value: range,
        allowed: "CIDR notation",
        fix: "203.0.113.7/32",
      }),
    ),
    ...["", "default", "01234567-89AB-CDEF-0123-456789ABCDEF", "01234567-89ab-cdef-0123-456789abcde"].map(
      (vpcId): RefusedInput => ({
        input: `the VPC "${vpcId}"`,
        attempt: attempt({ vpcId }),
        code: "VALUE_INVALID",
        path: path("vpcId"),
        value: vpcId,
        allowed: "UUID",
        fix: "doctl vpcs list",
      }),
    ),
    ...[
      "",
      "on-call",
      "on call@example.com",
      "a@b",
      "a@example.com,b@example.com",
      "https://example.com",
    ].map(
      (email): RefusedInput => ({
        input: `alerts to "${email}"`,
        attempt: attempt({ monitorAlertEmails: ["team@example.com", email] }),
        code: "VALUE_INVALID",
        path: path("monitorAlertEmails"),
        value: email,
        allowed: "members of the DigitalOcean team",
        fix: "on-call@example.com",
      }),
    ),
    ...(["monitorAlertDiskPercent", "monitorAlertMemoryPercent", "monitorAlertLoad"] as const).flatMap(
      (prop): RefusedInput[] => [
        {
          input: `${prop} of 0`,
          attempt: attempt({ monitorAlertEmails: ["team@example.com"], [prop]: 0 }),
          code: "NUMBER_OUT_OF_RANGE",
          path: path(prop),
          value: 0,
          allowed: "from 1 to",
          fix: "choose a number",
        },
        {
          input: `${prop} with nobody to tell`,
          attempt: attempt({ [prop]: 50 }),
          code: "VALUE_INVALID",
          path: path("monitorAlertEmails"),
          value: undefined,
          allowed: "one or more",
          fix: `leave ${prop} away`,
        },
      ],
    ),
    {
      input: "an uptime check with nobody to tell",
      attempt: attempt({ uptimeCheckHost: "assets.example.com", monitorAlertEmails: [] }),
      code: "VALUE_INVALID",
      path: path("monitorAlertEmails"),
      value: [],
      allowed: "one or more",
      fix: "leave uptimeCheckHost away",
    },
    {
      input: "an uptime check of a URL",
      attempt: attempt({
        uptimeCheckHost: "https://assets.example.com",
        monitorAlertEmails: ["team@example.com"],
      }),
      code: "VALUE_INVALID",
      path: path("uptimeCheckHost"),
      value: "https://assets.example.com",
      allowed: "without scheme",
      fix: "assets.example.com",
    },
    ...(
      [
        ["", "(hidden)", "1 to 512 letters", "storage-failover/assets-standby"],
        ["storage failover", "(hidden)", "1 to 512 letters", "storage-failover/assets-standby"],
        ["standby-a1B2c3", "standby-a1B2c3", "do not end with a hyphen", "standby-a1B2c3-key"],
      ] as const
    ).map(
      ([credentialsSecretName, value, allowed, fix]): RefusedInput => ({
        input: `the secret's name "${credentialsSecretName}"`,
        attempt: attempt({ credentialsSecretName }),
        code: "VALUE_INVALID",
        path: path("credentialsSecretName"),
        value,
        allowed,
        fix,
      }),
    ),
    ...(
      [
        ["replicatorCidrs", [], [], "or no list", "leave this away"],
        ["size", "", "", "s-2vcpu-4gb", "doctl compute size list"],
        ["size", "2 CPUs", "2 CPUs", "s-2vcpu-4gb", "doctl compute size list"],
        ["tags", ["web", "team storage"], "team storage", "colons", "team:storage"],
        ["tags", ["web", "web"], "web", "different tags", "team:storage"],
        ["zoneId", "", "", "32 hexadecimal", "overview page"],
        ["monitorAlertEmails", ["a@example.com", "a@example.com"], "a@example.com", "different", "each once"],
      ] as const
    ).map(
      ([prop, given, value, allowed, fix]): RefusedInput => ({
        input: `${JSON.stringify(given)} for ${prop}`,
        attempt: attempt({ [prop]: given }),
        code: "VALUE_INVALID",
        path: path(prop),
        value,
        allowed,
        fix,
      }),
    ),
    {
      input: "HTTPS limited to the whole internet",
      attempt: attempt({ replicatorCidrs: ["::/0"] }),
      code: "VALUE_INVALID",
      path: path("replicatorCidrs"),
      value: "::/0",
      allowed: "longer than /0",
      fix: "203.0.113.7/32",
    },
  ];

  itRefusesEach(refused);

  it.each([
    DEFAULT_SERVER_IMAGE,
    `quay.io/minio/minio@sha256:${"a".repeat(64)}`,
    "docker.io/pgsty/silo:RELEASE.1",
    "registry.example.com:5000/a/b/c:v1",
    "localhost/server:1",
  ])("accepts the image %s", (image) => {
    expect(serverImageProblem(image)).toBeUndefined();
  });

  it("says why MinIO's own name on Docker Hub is refused", () => {
    const refusal = refusalOf(attempt({ serverImage: "minio/minio:latest" }));

    expect(refusal.what).toContain("deleted from Docker Hub");
  });

  it("leaves alone what is known only later and no other stack needs", () => {
    expect(
      attempt({
        adminCidrs: [reference],
        zoneId: reference,
        vpcId: reference,
        monitorAlertEmails: [reference],
      }),
    ).not.toThrow();
  });
});
