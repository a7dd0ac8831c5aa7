import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import type { StoreName } from "../../contract/stores";
import type { RunningStore } from "../../drill/local-cloud/running-store";
import { startStore } from "../../drill/local-cloud/start-store";
import { generateObjects } from "../../drill/workload/generated-objects";
import { inParallel } from "../../drill/workload/in-parallel";
import { putObject } from "../../drill/workload/put-object";
import { connectStore } from "../../drill/workload/store-access";
import type { ObjectClient } from "../../lambda/s3/object-client";
import { addressOf, type CommandEnd, pairVariables, runCommand, startCommand } from "../support/command-line";
import { clientFor } from "../support/opened-store";
import { describeReal } from "../support/real-stores";

/** How long a server may take to start or stop, and a story to be told, on a busy machine. */
const PATIENCE = 120_000;
const OBJECTS = 300;
const PART_BYTES = 5 * 1024 ** 2;

describeReal("the command line between MinIO and LocalStack", ["localstack", "minio"], () => {
  let localstack: RunningStore;
  let minio: RunningStore;
  let there: ObjectClient;

  beforeAll(async () => {
    [localstack, minio] = await Promise.all([
      start("localstack", "primary", "eu-central-1", "assets-localstack.s3.eu-central-1.amazonaws.com"),
      start("minio", "secondary", "us-east-1", "assets-minio.example.test"),
    ]);
    there = clientFor(localstack);
    await load();
  }, PATIENCE);

  afterAll(async () => {
    there?.close();
    await Promise.all([localstack?.stop(), minio?.stop()]);
  }, PATIENCE);

  async function start(
    product: "localstack" | "minio",
    storeName: StoreName,
    region: string,
    originHost: string,
  ): Promise<RunningStore> {
    const folder = await mkdtemp(join(tmpdir(), `${product}-`));
    return startStore(product, { storeName, bucketName: `assets-${product}`, region, originHost, folder });
  }

  /** Objects whose keys and headers copies are known to spoil, and one in parts. */
  async function load(): Promise<void> {
    const client = connectStore(minio);
    const bucket = minio.bucketName;
    await inParallel(generateObjects({ seed: 4, count: OBJECTS, rawExpires: false }), 8, async (object) => {
      await putObject(client, { ...object, bucket, body: object.open() });
    });
    client.destroy();
    const source = clientFor(minio);
    const key = "in-parts/large.bin";
    const uploadId = await source.createUpload(key, {
      headers: { metadata: { made: "in parts" } },
      tags: { t: "1" },
    });
    const parts = [];
    for (const [partNumber, size] of [
      [1, PART_BYTES],
      [2, 1000],
    ] as const) {
      parts.push(
        await source.uploadPart(key, { uploadId, partNumber, body: Buffer.alloc(size, partNumber), size }),
      );
    }
    await source.completeUpload(key, { uploadId, parts, condition: { absent: true } });
    source.close();
  }

  function args(name: string, ...more: string[]): string[] {
    const [from, to] = [addressOf(minio), addressOf(localstack)];
    return [name, "--from", from, "--to", to, "--to-region", localstack.region, ...more];
  }

  function command(name: string, ...more: string[]): Promise<CommandEnd> {
    return runCommand(args(name, ...more), pairVariables(minio, localstack));
  }

  it(
    "is interrupted, goes on, and ends with stores that are equal to the byte",
    async () => {
      const started = startCommand(
        args("sync", "--json", "--concurrency", "1"),
        pairVariables(minio, localstack),
      );
      while ((await there.list({ after: "/" })).objects.length < 15) await delay(20);
      started.process.kill("SIGINT");
      const first = await started.end;
      expect({ code: first.code, error: first.error.trim().slice(0, 8) }).toEqual({
        code: 130,
        error: "stopping",
      });
      const interrupted = JSON.parse(first.out);
      expect(interrupted.outcome).toBe("incomplete");

      const rest = await command("sync", "--json");
      expect({ code: rest.code, error: rest.error }).toEqual({ code: 0, error: "" });
      const finished = JSON.parse(rest.out);
      expect(finished).toMatchObject({ outcome: "clean", unchanged: 0, exceptions: [] });
      expect(interrupted.copied + finished.copied).toBe(OBJECTS + 1);

      const equal = await command("verify", "--deep", "--json");
      expect(JSON.parse(equal.out)).toMatchObject({
        outcome: "equal",
        keys: OBJECTS + 1,
        equalInSpiteOfEtags: 0,
        differences: [],
      });
      expect(JSON.parse((await command("sync", "--json")).out)).toMatchObject({
        copied: 0,
        unchanged: OBJECTS + 1,
      });
    },
    PATIENCE,
  );

  it(
    "shows a conflict and a stray, resolves both, and finds nothing open after",
    async () => {
      const [here, beyond] = [connectStore(minio), connectStore(localstack)];
      const object = (body: string) => ({
        headers: { contentType: "text/plain", metadata: {} },
        tags: {},
        size: body.length,
        body: Buffer.from(body),
      });
      const key = "open/both ü+.txt";
      await putObject(here, { bucket: minio.bucketName, key, ...object("here") });
      await putObject(beyond, { bucket: localstack.bucketName, key, ...object("there") });
      await putObject(beyond, { bucket: localstack.bucketName, key: "open/stray", ...object("left") });
      here.destroy();
      beyond.destroy();

      const shown = await command("conflicts", "--prefix", "open/", "--json");
      expect({ code: shown.code, found: JSON.parse(shown.out).exceptions }).toMatchObject({
        code: 1,
        found: [{ key, kind: "conflict", source: { size: 4, kind: "native" }, destination: { size: 5 } }],
      });
      const kept = ["--resolve", key, "--keep", "destination", "--into-active"];
      expect(await command("conflicts", ...kept)).toMatchObject({ code: 0 });
      expect(await command("strays", "--resolve", "open/stray", "--delete")).toMatchObject({ code: 0 });

      const end = await command("sync", "--prefix", "open/", "--json");
      expect(JSON.parse(end.out)).toMatchObject({
        outcome: "clean",
        copied: 0,
        unchanged: 1,
        exceptions: [],
      });
      expect((await there.versions("open/stray")).map(({ isDeleteMarker }) => isDeleteMarker)).toEqual([
        true,
        false,
      ]);
      expect(await command("verify", "--deep", "--prefix", "open/")).toMatchObject({ code: 0 });
    },
    PATIENCE,
  );

  it(
    "brings tags from a store that does not count them",
    async () => {
      const beyond = connectStore(localstack);
      const headers = { contentType: "text/plain", metadata: {} };
      const tagged = { headers, tags: { team: "web" }, size: 4, body: Buffer.from("tags") };
      await putObject(beyond, { bucket: localstack.bucketName, key: "tagged/a.txt", ...tagged });
      beyond.destroy();

      const way = [
        "--from",
        addressOf(localstack),
        "--from-region",
        localstack.region,
        "--to",
        addressOf(minio),
      ];
      const ended = await runCommand(
        ["sync", ...way, "--prefix", "tagged/", "--json"],
        pairVariables(localstack, minio),
      );
      expect(ended).toMatchObject({ code: 0, error: "" });
      const copy = clientFor(minio);
      expect(await copy.tags("tagged/a.txt")).toEqual({ team: "web" });
      copy.close();
    },
    PATIENCE,
  );
});
