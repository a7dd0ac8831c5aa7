import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { CHECKS, outcomeOf } from "../../cli/doctor/all-checks";
import { type Amount, bucketSize, NOTHING, plus } from "../../cli/doctor/bucket-size";
import { judgeCertificate } from "../../cli/doctor/certificate-checks";
import { CHECK_GROUPS } from "../../cli/doctor/check";
import { judgeToken } from "../../cli/doctor/cloudflare-checks";
import { judgeAge } from "../../cli/doctor/facts-check";
import { judgeClock, judgeReach } from "../../cli/doctor/reach-checks";
import { judgeRunbook } from "../../cli/doctor/runbook-check";
import { judgeNode, judgeServer } from "../../cli/doctor/version-checks";
import { GIB, measuredVolume, VOLUME_MOUNT } from "../../cli/doctor/volume";
import { judgeSize, judgeUsage } from "../../cli/doctor/volume-checks";
import { MARKER_VARIABLES } from "../../contract/environment";
import { createAuthority } from "../../drill/gateway/certificates";
import { close, listen } from "../../drill/machine/loopback-server";
import { StoreError } from "../../lambda/s3/store-error";
import { provisioningFiles } from "../../lib/secondary/provisioning";
import { writeFacts } from "../../operate/facts/facts-file";
import { type DeployedEdge, deployEdge, FLIP_PERMISSIONS, TOKEN } from "../operate/support/deployed-edge";
import { addressOf, type CommandEnd, runCommand, storePlaces } from "../support/command-line";
import { type EmbeddedStores, startEmbeddedStores } from "../support/embedded-stores";
import { InMemoryObjectClient } from "../support/in-memory-object-client";
import { optionsFor } from "../support/opened-store";
import { runningStoreWriter } from "../support/store-writer";

function amount(diskBytes: number): Amount {
  return { objects: 1, bytes: diskBytes, diskBytes };
}

function volume(bytes: number) {
  return { bytes, source: "as given" };
}

describe("the volume", () => {
  it("must hold what is current with a fifth more, and no less", () => {
    const bytes = fc.integer({ min: 1, max: 2 ** 50 });
    const judged = fc.property(bytes, bytes, (bucket, space) => {
      const { status, fix } = judgeSize(volume(space), { current: amount(bucket) });
      // Whole numbers: as far as they go without rounding.
      expect(status).toBe(BigInt(bucket) * 6n > BigInt(space) * 5n ? "problem" : "ok");
      expect(fix === undefined).toBe(status === "ok");
    });
    fc.assert(judged, { seed: 5, numRuns: 500 });
  });

  it("that is advised would hold it", () => {
    const judged = fc.property(fc.integer({ min: GIB, max: 10_000 * GIB }), (bucket) => {
      const { fix } = judgeSize(volume(GIB), { current: amount(bucket) });
      const advised = Number(/volumeGiB: (\d+)/.exec(fix ?? "")?.[1]);
      expect(judgeSize(volume(advised * GIB), { current: amount(bucket) }).status).toBe("ok");
      expect(judgeSize(volume((advised - 1) * GIB), { current: amount(bucket) }).status).toBe("problem");
    });
    fc.assert(judged, { seed: 5, numRuns: 200 });
  });

  it("is only warned of when older versions alone do not fit, and has an end", () => {
    const size = { current: amount(10 * GIB), withVersions: amount(200 * GIB) };
    expect(judgeSize(volume(100 * GIB), size)).toMatchObject({
      status: "warning",
      fix: expect.stringContaining("volumeGiB: 200"),
    });
    const enormous = judgeSize(volume(100 * GIB), { current: amount(20_000 * GIB) });
    expect(enormous.fix).toContain("fromEndpoint()");
  });

  it("is enlarged before it is full, and not judged where nobody asked", () => {
    expect(judgeUsage({ ...volume(100), usedBytes: 80 }).status).toBe("ok");
    expect(judgeUsage({ ...volume(100), usedBytes: 81 }).status).toBe("warning");
    expect(judgeUsage(volume(100))).toMatchObject({
      status: "skipped",
      fix: expect.stringContaining("--host-key"),
    });
  });

  it("is measured where the provisioning mounts it, or not at all", async () => {
    const { "volume.mount": mount } = provisioningFiles({
      bucketName: "assets",
      volumeName: "assets",
      originHost: "assets-origin.example.com",
      serverImage: "quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z",
      readerRanges: [],
    });
    expect(mount).toContain(`Where=${VOLUME_MOUNT}\n`);
    const answering = (out: string) => ({ run: () => Promise.resolve(out) });
    expect(await measuredVolume(answering(" 107374182400  53687091200\n"), "droplet")).toMatchObject({
      bytes: 107_374_182_400,
      usedBytes: 53_687_091_200,
    });
    for (const out of ["", "0 0", "a b", "1 2 3", "-"]) {
      await expect(measuredVolume(answering(out), "droplet")).rejects.toThrow(/did not tell/);
    }
  });

  it("gives small objects whole blocks", () => {
    expect(plus(plus(NOTHING, 0), 1)).toEqual({ objects: 2, bytes: 1, diskBytes: 3 * 4096 });
  });
});

describe("doctor volume", () => {
  let embedded: EmbeddedStores;
  let folder: string;

  beforeAll(async () => {
    embedded = await startEmbeddedStores();
    folder = mkdtempSync(join(tmpdir(), "doctor-test-"));
    const { primary } = embedded.stores;
    const writer = runningStoreWriter(primary);
    for (const key of ["a", "b c+%25", "d"]) await writer.write(key, "x".repeat(5000));
    await writer.write("a", "y".repeat(100));
    await writer.delete("d");
    writer.close();
  });

  afterAll(async () => {
    await embedded.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function command(...args: string[]): Promise<CommandEnd> {
    const { primary } = embedded.stores;
    return runCommand(["doctor", "volume", "--store", addressOf(primary), ...args], {
      STORE_ACCESS_KEY_ID: primary.accessKeyId,
      STORE_SECRET_ACCESS_KEY: primary.secretAccessKey,
    });
  }

  /** A plan with a volume of so many GiB. */
  function planned(size: number): string {
    const stack = join(folder, `${size}`, "stacks", "secondary");
    mkdirSync(stack, { recursive: true });
    const plan = { resource: { digitalocean_volume: { volume: { size } } } };
    writeFileSync(join(stack, "cdk.tf.json"), JSON.stringify(plan));
    return join(folder, `${size}`);
  }

  it("lists the bucket, deleted objects and older versions apart", async () => {
    const well = await command("--volume-gib", "1", "--json");
    expect(well).toMatchObject({ code: 0, error: "" });
    expect(JSON.parse(well.out)).toMatchObject({
      command: "doctor",
      outcome: "well",
      checks: [
        { id: "volume-size", status: "ok", figures: { bucketBytes: 5100, bucketBytesWithVersions: 15_100 } },
        { id: "volume-usage", status: "skipped" },
      ],
    });
  });

  it("says when it does not fit, and how large the volume must be", async () => {
    const full = await command("--bucket-bytes", String(100 * GIB), "--volume-gib", "100");
    expect(full).toMatchObject({ code: 1, error: "" });
    expect(full.out).toMatch(/✘ the bucket fits[\s\S]*→ set volumeGiB: 120 .*[\s\S]*1 to be put right/);
    const unknown = await command("--synthesized", folder, "--bucket-bytes", "1");
    expect(unknown).toMatchObject({ code: 2 });
    expect(unknown.error).toContain("the size of the standby's volume is not known");
    const inPlan = await command("--synthesized", planned(50), "--bucket-bytes", String(45 * GIB));
    expect(inPlan).toMatchObject({ code: 1 });
    expect(inPlan.out).toContain("volume 54 GB (50 GiB, as planned in");
  });

  it("makes do with the current objects where versions may not be listed", async () => {
    const { primary } = embedded.stores;
    const client = new InMemoryObjectClient();
    const connection = optionsFor({ ...primary, secretAccessKey: "wrong" });
    const signal = new AbortController().signal;

    const size = await bucketSize({ client, connection, signal, onProgress: () => undefined });

    expect(size).toEqual({ current: NOTHING });
    const elsewhere = { ...connection, endpoint: "http://127.0.0.1:9" };
    await expect(
      bucketSize({ client, connection: elsewhere, signal, onProgress: () => undefined }),
    ).rejects.toBeInstanceOf(StoreError);
  });
});

describe("what doctor makes of what it finds", () => {
  const now = new Date("2026-01-10T00:00:00.000Z");

  it.each([
    [[], "skipped"],
    [[0.4, -0.2, 0.1], "ok"],
    [[-59, -59.5], "ok"],
    [[61, 62, 61], "warning"],
    [[-899, -899], "warning"],
    [[-901, -901, 0], "problem"],
    // One clock that is wrong does not make ours wrong.
    [[0, 0.2, 4000], "ok"],
  ])("clocks that are %j s ahead: %s", (ahead, status) => {
    const answers = ahead.map((aheadSeconds) => ({ ...ENDPOINT, aheadSeconds }));
    expect(judgeClock(answers)).toMatchObject({ status });
  });

  it("says which way the clock is wrong", () => {
    expect(judgeClock([{ ...ENDPOINT, aheadSeconds: 100 }]).found).toContain("100 s behind 1 server");
    expect(judgeClock([{ ...ENDPOINT, aheadSeconds: -100 }]).found).toContain("100 s ahead of");
  });

  it("takes only what a flip needs for a reason to stop", () => {
    const gone = { ...ENDPOINT, unreachable: "no route" };
    expect(judgeReach([ENDPOINT]).status).toBe("ok");
    expect(judgeReach([ENDPOINT, { ...gone, needed: false }]).status).toBe("warning");
    expect(judgeReach([ENDPOINT, { ...gone, needed: true }])).toMatchObject({
      status: "problem",
      found: "somebody, https://api.example: no route",
      figures: { asked: 2, unreachable: 1 },
    });
  });

  it.each([
    ["2026-02-01T00:00:00.000Z", "ok"],
    ["2026-01-31T00:00:00.000Z", "ok"],
    ["2026-01-30T23:59:59.000Z", "warning"],
    ["2026-01-12T00:00:00.000Z", "problem"],
    ["2026-01-09T00:00:00.000Z", "problem"],
  ])("a certificate until %s: %s", (certificateEnds, status) => {
    const origin = { value: { status: 200, milliseconds: 1, certificateEnds } };
    expect(judgeCertificate("secondary", origin, now)).toMatchObject({ status });
  });

  it("says that an ended certificate is refused by the edge, and nothing of one that was not seen", () => {
    const ended = { value: { status: 200, milliseconds: 1, certificateEnds: "2026-01-09T00:00:00.000Z" } };
    expect(judgeCertificate("secondary", ended, now).found).toContain("526");
    expect(judgeCertificate("secondary", { unknown: "gone" }, now).status).toBe("skipped");
  });

  it.each([
    [{ status: "active" }, "ok"],
    [{ status: "active", expires_on: "2026-02-01T00:00:00Z" }, "ok"],
    [{ status: "active", expires_on: "2026-01-20T00:00:00Z" }, "warning"],
    [{ status: "expired" }, "problem"],
    [{ status: "disabled" }, "problem"],
  ])("a token that is %j: %s", (token, status) => {
    expect(judgeToken(token, now)).toMatchObject({ status });
  });

  it.each([
    ["22.1.0", ">=20.19", "ok"],
    ["20.19.0", ">=20.19", "ok"],
    ["20.18.9", ">=20.19", "problem"],
    ["18.20.0", ">=20.19", "problem"],
  ])("Node %s of %s: %s", (version, range, status) => {
    expect(judgeNode(version, range)).toMatchObject({ status });
  });

  it("wants a digest of the server's image, ids that were looked at, and a runbook that is not stale", () => {
    expect(judgeServer("quay.io/x/y:RELEASE.1@sha256:abc").status).toBe("ok");
    expect(judgeServer("quay.io/x/y:RELEASE.1").status).toBe("warning");
    expect(judgeServer(undefined).status).toBe("skipped");
    const facts = { checkedAt: "2025-12-20T00:00:00.000Z", hostname: "assets.example.com" };
    expect(judgeAge(facts, now)).toMatchObject({
      status: "ok",
      found: expect.stringContaining("21 days ago"),
    });
    expect(judgeAge({ ...facts, checkedAt: "2025-11-20T00:00:00.000Z" }, now).status).toBe("warning");
    expect(judgeRunbook(undefined)).toMatchObject({
      status: "warning",
      fix: expect.stringContaining("--out"),
    });
    expect(judgeRunbook({ file: "R.md", staleLines: 0 }).status).toBe("ok");
    expect(judgeRunbook({ file: "R.md", staleLines: 3 })).toMatchObject({ status: "problem" });
  });

  it("ends by what is wrong before what could not be looked at", () => {
    const gone = { id: "a", title: "", status: "problem", found: "", unreachable: true } as const;
    const wrong = { id: "b", title: "", status: "problem", found: "" } as const;
    const skipped = { id: "c", title: "", status: "skipped", found: "" } as const;
    expect(outcomeOf([skipped])).toBe("well");
    expect(outcomeOf([gone, skipped])).toBe("unreachable");
    expect(outcomeOf([gone, wrong])).toBe("wanting");
  });

  it("has a check for every word that it can be asked for", () => {
    expect([...new Set(CHECKS.map(({ group }) => group))].sort()).toEqual([...CHECK_GROUPS].sort());
    expect(new Set(CHECKS.map(({ id }) => id)).size).toBe(CHECKS.length);
  });
});

describe("doctor", () => {
  let embedded: EmbeddedStores;
  let deployed: DeployedEdge;
  let folder: string;
  let origin: Server;
  let environment: Record<string, string>;
  const ends: CommandEnd[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "doctor-test-"));
    embedded = await startEmbeddedStores();
    const permissions = FLIP_PERMISSIONS.filter((one) => !one.startsWith("DNS"));
    deployed = await deployEdge({});
    await writeFacts(join(folder, "facts.json"), deployed.facts);
    await deployed.cloudflare.stop();
    deployed = await deployEdge({ permissions: [...permissions, "DNS: Read (zone)"] });
    const { key, certificate } = createAuthority().issue({ days: { from: -80, until: 10 } });
    origin = createServer({ key, cert: certificate }, (_request, response) => response.end());
    const port = await listen(origin);
    environment = {
      CLOUDFLARE_API_TOKEN: TOKEN,
      CLOUDFLARE_BASE_URL: deployed.cloudflare.baseUrl,
      [MARKER_VARIABLES.name]: deployed.facts.marker.name,
      [MARKER_VARIABLES.resolvers]: "http://127.0.0.1:9/a,http://127.0.0.1:10/b",
      ...storePlaces(embedded.stores),
      PRIMARY_ACCESS_KEY_ID: embedded.stores.primary.accessKeyId,
      PRIMARY_SECRET_ACCESS_KEY: embedded.stores.primary.secretAccessKey,
      SECONDARY_ACCESS_KEY_ID: embedded.stores.secondary.accessKeyId,
      SECONDARY_SECRET_ACCESS_KEY: "a-pair-of-somebody-else",
      SECONDARY_ORIGIN: `https://127.0.0.1:${port}`,
    };
  });

  afterAll(async () => {
    await Promise.all([embedded.stop(), deployed.cloudflare.stop(), close(origin)]);
    rmSync(folder, { recursive: true, force: true });
  });

  afterEach(() => {
    const secrets = [TOKEN, "a-pair-of-somebody-else", embedded.stores.primary.secretAccessKey];
    const printed = ends.splice(0).map(({ out, error }) => out + error);
    expect(printed.filter((text) => secrets.some((secret) => text.includes(secret)))).toEqual([]);
  });

  async function doctor(...args: string[]): Promise<CommandEnd> {
    const end = await runCommand(["doctor", "--facts", join(folder, "facts.json"), ...args], environment);
    ends.push(end);
    return end;
  }

  it("finds each of what was set up wrong, and names what puts it right", async () => {
    const changes = deployed.cloudflare.changes.length;
    const end = await doctor("--json", "--runbook", join(folder, "RUNBOOK.md"));
    expect(end).toMatchObject({ code: 1, error: "" });
    const { checks, outcome } = JSON.parse(end.out);
    expect(outcome).toBe("wanting");
    const found = Object.fromEntries(checks.map((one: { id: string }) => [one.id, one]));
    expect(found).toMatchObject({
      node: { status: "ok" },
      clock: { status: "ok", figures: { clocks: expect.any(Number) } },
      reachability: { status: "problem", found: expect.stringContaining("resolver 127.0.0.1:9") },
      "cloudflare-token": { status: "ok" },
      "cloudflare-permissions": { status: "problem", fix: "give the token: DNS: Edit (zone)" },
      facts: { status: "ok" },
      "credentials-primary": { status: "ok", found: expect.stringContaining("keeps versions") },
      "credentials-secondary": { status: "problem", fix: expect.stringContaining("SECONDARY_ACCESS_KEY_ID") },
      "certificate-primary": { status: "skipped" },
      "certificate-secondary": { status: "warning", figures: { daysLeft: 9 } },
      runbook: { status: "warning" },
    });
    // Changes were asked for of what is not there, and of nothing else.
    const asked = deployed.cloudflare.changes.slice(changes);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((one) => !one.endsWith("0".repeat(32)))).toEqual([]);
  });

  it("looks at what it is asked for alone", async () => {
    const end = await doctor("certificates", "node");
    expect(end).toMatchObject({ code: 0, error: "" });
    expect(end.out).toMatch(
      /^ ✔ Node is new enough\n[\s\S]*! the certificate of the secondary[\s\S]*9 days, until/,
    );
    expect(end.out).not.toContain("Cloudflare accepts");
    const wrong = await doctor("certificate");
    expect(wrong).toMatchObject({ code: 2, out: "" });
    expect(wrong.error).toContain("allowed: versions, clock");
  });
});

const ENDPOINT = { name: "somebody", url: new URL("https://api.example/x"), needed: true };
