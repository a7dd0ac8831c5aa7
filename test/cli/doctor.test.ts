import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { type Amount, bucketSize, NOTHING, plus } from "../../cli/doctor/bucket-size";
import { GIB, measuredVolume, VOLUME_MOUNT } from "../../cli/doctor/volume";
import { judgeSize, judgeUsage } from "../../cli/doctor/volume-checks";
import { StoreError } from "../../lambda/s3/store-error";
import { provisioningFiles } from "../../lib/secondary/provisioning";
import { addressOf, type CommandEnd, runCommand } from "../support/command-line";
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

describe("doctor", () => {
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
    return runCommand(["doctor", "--store", addressOf(primary), ...args], {
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
