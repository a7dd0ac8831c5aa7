import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { HEALTH_KEY, healthBody, STATE_PREFIX } from "../../contract/state-keys";
import { REPLICATOR_ACTIONS } from "../../lib/private/replicator-actions";
import { cloudInit, type ProvisioningProps, provisioningFiles } from "../../lib/secondary/provisioning";
import { renderTemplate, TemplateError } from "../../lib/secondary/template";

const exampleProvisioning: ProvisioningProps = {
  bucketName: "assets-standby",
  volumeName: "assets-standby",
  originHost: "assets-standby.example.com",
  serverImage: "registry.example.com/team/server:1.2.3",
  readerRanges: ["192.0.2.0/24", "198.51.100.0/24"],
};

function file(name: string): string {
  const text = provisioningFiles(exampleProvisioning)[name];
  if (text === undefined) {
    throw new Error(`no file ${name}`);
  }
  return text;
}

/** The part of a text from one line to another, both named by how they begin. */
function between(text: string, from: string, to: string): string {
  const lines = text.split("\n").map((line) => line.trim());
  const start = lines.findIndex((line) => line.startsWith(from));
  const end = lines.findIndex((line, index) => index > start && line.startsWith(to));
  expect(start).toBeGreaterThanOrEqual(0);
  expect(end).toBeGreaterThan(start);
  return lines.slice(start, end).join("\n");
}

describe("the cloud-init document", () => {
  it("writes every file whole: its lines are those of the file, indented below its path", () => {
    const document = cloudInit(exampleProvisioning).split("\n");
    const indentation = "      ";

    for (const [name, text] of Object.entries(provisioningFiles(exampleProvisioning))) {
      const expected = text.trimEnd().split("\n");
      const first = document.findIndex((_, index) =>
        expected.every(
          (line, offset) => document[index + offset] === (line === "" ? "" : indentation + line),
        ),
      );
      expect([name, first > 0 && document[first - 1]]).toEqual([name, "    content: |"]);
    }
    expect(document[0]).toBe("#cloud-config");
    expect(document.join("\n")).not.toContain("{{");
  });

  it("holds no secret: root credentials are made on the droplet, on its volume, for root only", () => {
    const document = cloudInit(exampleProvisioning);
    const script = between(file("provision.sh"), "create_root_credentials()", "start_server()");

    expect(script).toContain("openssl rand");
    expect(script).toContain("umask 077");
    expect(script).toContain("if [[ -s $credentials ]]; then");
    expect(file("provision.sh")).toContain("readonly credentials=$mount_path/root-credentials.env");
    expect(document.match(/MINIO_ROOT_(USER|PASSWORD)=\S+/g)).toEqual([
      'MINIO_ROOT_USER=$user"',
      'MINIO_ROOT_PASSWORD=$password"',
    ]);
  });
});

describe("the provisioning script", () => {
  it("formats a volume only when nothing is recognized on it and its beginning is all zeros", () => {
    const script = file("provision.sh");
    const format = between(script, "format_volume_if_blank()", "mount_volume()");

    expect(script.match(/^\s*mkfs\S*/gm)).toHaveLength(1);
    expect(format).toMatch(
      /if \[\[ \$status -ne 2 \|\| -n \$type \]\] \|\| ! begins_with_zeros; then[\s\S]*return 1\nfi\nmkfs\.xfs/,
    );
    expect(script).not.toMatch(/mkfs\S* .*(-f|--force)/);
  });

  it("finds the volume by its id, and waits for it before anything else touches a disk", () => {
    const script = file("provision.sh");
    const main = between(script, "main()", "wait_for()");

    expect(script).toContain("readonly device=/dev/disk/by-id/scsi-0DO_Volume_assets-standby\n");
    expect(file("volume.mount")).toContain("What=/dev/disk/by-id/scsi-0DO_Volume_assets-standby\n");
    expect(main.indexOf('test -b "$device"')).toBeLessThan(main.indexOf("format_volume_if_blank"));
    expect(main.indexOf("mount_volume")).toBeLessThan(main.indexOf("create_root_credentials"));
  });

  it("asks for certificates only once the origin's name leads to this droplet", () => {
    const main = between(file("provision.sh"), "main()", "wait_for()");

    expect(main.indexOf("origin_host_leads_here")).toBeLessThan(
      main.indexOf("systemctl enable --now caddy.service"),
    );
    expect(file("caddy.conf")).toContain("ConditionPathIsMountPoint=/srv/standby");
  });

  it("writes the health object that the monitor expects, into the bucket of the plan", () => {
    const script = file("prepare-bucket.sh");

    expect(script).toContain(`readonly health_body='${healthBody("secondary")}'`);
    expect(script).toContain(`readonly health_object=$bucket/${HEALTH_KEY}`);
    expect(script).toContain("readonly bucket=local/assets-standby\n");
    expect(script).toMatch(/version enable/);
  });

  it.each([
    [undefined, 37],
    [90, 97],
  ])(
    "keeps old versions a week longer than an outage of %s days, and delete markers for good",
    (longestOutageDays, days) => {
      const rules = provisioningFiles({ ...exampleProvisioning, longestOutageDays })["lifecycle.json"] ?? "";

      expect(JSON.parse(rules)).toEqual({
        Rules: [
          {
            ID: "keep-old-versions-through-an-outage",
            Status: "Enabled",
            NoncurrentVersionExpiration: { NoncurrentDays: days },
          },
        ],
      });
      expect(file("prepare-bucket.sh")).toContain('ilm rule import "$bucket" <"$files/lifecycle.json"');
    },
  );

  it("makes objects readable by the policy of the plan, not by one of mc's own, which list the bucket", () => {
    const commands = file("prepare-bucket.sh").match(/ anonymous .*/g);

    expect(commands).toEqual([' anonymous set-json "$files/anonymous-policy.json" "$bucket"']);
  });

  it("runs mc where it reaches the server and sees the files: in the server's container, on the host's network", () => {
    const script = file("prepare-bucket.sh");
    const service = file("minio.service");

    expect(script).toContain("${MC:-podman exec --interactive minio mc}");
    expect(script).toContain("readonly files=${FILES:-/etc/storage-failover/bucket}\n");
    expect(service).toContain("--name minio --rm --network host ");
    expect(service).toContain("--volume /etc/storage-failover/bucket:/etc/storage-failover/bucket:ro");
    expect(cloudInit(exampleProvisioning)).toContain(
      "path: /etc/storage-failover/bucket/anonymous-policy.json",
    );
  });
});

describe("the server", () => {
  it("runs the given image without console, on loopback, with the volume as its only storage", () => {
    const service = file("minio.service");

    expect(service).toContain(
      "registry.example.com/team/server:1.2.3 server /data --address 127.0.0.1:9000\n",
    );
    expect(service).toContain("--env MINIO_BROWSER=off");
    expect(service).toContain("--volume /srv/standby/objects:/data");
    expect(service).toContain("Requires=srv-standby.mount");
    expect(service).not.toMatch(/--publish|-p \d/);
  });

  it("lets strangers get objects by name, and nothing else: no listing, no state", () => {
    expect(JSON.parse(file("anonymous-policy.json")).Statement).toEqual([
      {
        Effect: "Allow",
        Principal: { AWS: ["*"] },
        Action: ["s3:GetObject"],
        Resource: ["arn:aws:s3:::assets-standby/*"],
      },
      {
        Effect: "Deny",
        Principal: { AWS: ["*"] },
        Action: ["s3:GetObject"],
        Resource: [`arn:aws:s3:::assets-standby/${STATE_PREFIX}*`],
      },
    ]);
  });

  it("grants the replicator what the one list of actions says, on this bucket only", () => {
    const statements: { Action: string[]; Resource: string[] }[] = JSON.parse(
      file("replicator-policy.json"),
    ).Statement;

    expect(statements.flatMap(({ Action }) => Action).toSorted()).toEqual(
      REPLICATOR_ACTIONS.map(({ action }) => action).toSorted(),
    );
    expect(statements.flatMap(({ Resource }) => Resource)).toEqual([
      "arn:aws:s3:::assets-standby",
      "arn:aws:s3:::assets-standby/*",
    ]);
  });
});

describe("the proxy", () => {
  const signed = () => between(file("Caddyfile"), "handle @signed", "@stranger");
  const unsigned = () => between(file("Caddyfile"), "uri path_regexp", "@missing");

  it("refuses bodies whose signature does not cover them, before it looks at anything else", () => {
    const routes = between(file("Caddyfile"), "route {", "handle @signed");

    expect(routes).toContain(
      "@unsigned_body header_regexp X-Amz-Content-Sha256 (?i)unsigned-payload-trailer\nrespond @unsigned_body 403",
    );
  });

  it("takes for signed only what begins with the one header that MinIO verifies", () => {
    const rule = /@signed vars_regexp \{http\.request\.header\.Authorization\} (\S+)/.exec(
      file("Caddyfile"),
    )?.[1];
    const isSigned = (authorization: string) => new RegExp(rule ?? "(?!)").test(authorization);

    expect(isSigned("AWS4-HMAC-SHA256 Credential=x")).toBe(true);
    // Several headers reach the rule joined by commas; MinIO looks at the first.
    for (const other of [
      "",
      "Bearer x",
      "Bearer x,AWS4-HMAC-SHA256 Credential=x",
      "AWS x:y",
      "xAWS4-HMAC-SHA256 ",
    ]) {
      expect(isSigned(other)).toBe(false);
    }
  });

  it("passes signed requests on untouched, to the bucket only", () => {
    expect(signed()).toContain(
      "path /assets-standby /assets-standby/*\nvars_regexp {http.request.uri.path} ^/assets-standby(/|$)\n}\nrespond @elsewhere 403",
    );
    expect(signed()).toContain("reverse_proxy 127.0.0.1:9000");
    expect(signed()).not.toMatch(/rewrite|uri |header_up|header_down/);
  });

  it("strips unsigned requests of query string and credentials, and maps /key to /bucket/key", () => {
    expect(unsigned()).toContain("uri path_regexp ^/ /assets-standby/\nrewrite * ?\n");
    expect(unsigned().match(/header_up .*/g)).toEqual([
      "header_up -Authorization",
      "header_up -Referer",
      "header_up -X-Amz-*",
      "header_up -X-Minio-*",
    ]);
  });

  it("accepts unsigned GET and HEAD from the readers' networks, and nothing else", () => {
    const rules = between(file("Caddyfile"), "@stranger", "uri path_regexp");

    expect(rules).toContain("@stranger not remote_ip 192.0.2.0/24 198.51.100.0/24\nrespond @stranger 403");
    expect(rules).toContain("@other_method not method GET HEAD\nrespond @other_method 405");
    expect(rules).toContain("respond @not_public 403");
  });

  it.each([
    ["/", false],
    ["/.storage-failover/epoch.json", false],
    ["/.storage-failover", false],
    ["//.storage-failover/epoch.json", false],
    ["/a/../.storage-failover/epoch.json", false],
    ["/a/..", false],
    ["/./a", false],
    ["/a//b", false],
    ["/a", true],
    ["/a/b.html", true],
    ["/a..b/..c/.well-known", true],
    ["/x/.storage-failover/epoch.json", true],
    ["/minio/health/live", true],
  ])("decides by the decoded path whether %s may be public: %s", (path, expected) => {
    const rule =
      /@not_public vars_regexp \{http\.request\.uri\.path\} (\S+)/.exec(file("Caddyfile"))?.[1] ?? "";

    expect(!new RegExp(rule).test(path)).toBe(expected);
  });

  it("never unpacks what is stored packed, and answers for a missing key as S3 does", () => {
    const text = file("Caddyfile");

    expect(text.match(/reverse_proxy /g)).toHaveLength(2);
    expect(text.match(/transport http \{\s+compression off\s+\}/g)).toHaveLength(2);
    expect(text).toMatch(/@missing status 400 404\s+handle_response @missing \{\s+respond 403\s+\}/);
  });

  it("says how far the store is behind, by the limit of the plan, to readers and not to the replicator", () => {
    const note = (staleAfterSeconds?: number) =>
      provisioningFiles({ ...exampleProvisioning, staleAfterSeconds })["note-staleness.sh"] ?? "";
    const place = "/run/storage-failover/behind";

    expect(note()).toContain("readonly after_seconds=600\n");
    expect(note(90)).toContain("readonly after_seconds=90\n");
    expect(note()).toContain(`readonly notes=${place}\n`);
    expect(note()).toContain("readonly state=local/assets-standby/.storage-failover\n");
    expect(between(file("Caddyfile"), "@behind file", "uri path_regexp")).toContain(`root ${place}\n`);
    expect(file("Caddyfile").match(/Storage-Failover-Stale/g)).toHaveLength(1);
    expect(signed()).not.toContain("behind");
  });

  it("asks for the edge's secret where the plan says so, after the network and before anything is looked up", () => {
    const rendered = (requireOriginSecret?: boolean) =>
      provisioningFiles({ ...exampleProvisioning, requireOriginSecret }).Caddyfile ?? "";

    const rules = between(rendered(true), "respond @stranger", "uri path_regexp");

    expect(rules).toContain(
      "vars {http.request.header.Referer} {env.ORIGIN_SECRET} {env.PREVIOUS_ORIGIN_SECRET}\n}\nrespond @without_secret 403",
    );
    for (const without of [rendered(), rendered(false)]) {
      expect(without).not.toContain("ORIGIN_SECRET");
    }
  });

  it("gets the secrets from a file that only its own script writes, and writes no environment to a log", () => {
    expect(file("caddy.conf")).toContain("\nEnvironmentFile=-/srv/standby/origin-secrets.env\n");
    expect(file("origin-secrets.sh")).toContain("readonly secrets=/srv/standby/origin-secrets.env\n");
    expect(file("caddy.conf").match(/^ExecStart=.*/gm)).toEqual([
      "ExecStart=",
      "ExecStart=/usr/bin/caddy run --config /etc/storage-failover/Caddyfile",
    ]);
  });

  it("keeps certificates on the volume, and gets them over port 80", () => {
    expect(file("Caddyfile")).toContain("storage file_system /srv/standby/caddy");
    expect(file("Caddyfile")).toContain("disable_tlsalpn_challenge");
  });
});

describe("templates", () => {
  it("indents a value of several lines like its placeholder, and leaves empty lines empty", () => {
    expect(renderTemplate("a:\n  {{text}}\nb: {{word}}", { text: "one\n\n  two\n", word: "x" })).toBe(
      "a:\n  one\n\n    two\nb: x",
    );
  });

  it.each([
    ["a placeholder without value", "{{a}} {{b}}", { a: "x" }, "{{b}}"],
    ["a value without placeholder", "{{a}}", { a: "x", b: "y" }, "{{b}}"],
    ["a placeholder with spaces, as of another language", "{{ a }}", {}, "{{ a }}"],
    ["a value of several lines inside a line", "x {{a}}", { a: "one\ntwo" }, "{{a}}"],
    ["a placeholder named like an inherited property", "{{toString}}", {}, "{{toString}}"],
  ])("refuses %s", (_, template, values, named) => {
    const attempt = () => renderTemplate(template, values);

    expect(attempt).toThrow(TemplateError);
    expect(attempt).toThrow(named);
  });

  it("puts every value in as it is, whatever it looks like", () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        fc.pre(!/\p{Cc}/u.test(value));
        expect(renderTemplate("<{{value}}>", { value })).toBe(`<${value}>`);
      }),
      { seed: 1 },
    );
    expect(renderTemplate("{{a}}{{b}}", { a: "{{b}} $& $$", b: "y" })).toBe("{{b}} $& $$y");
  });
});
