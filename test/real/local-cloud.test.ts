import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import {
  GetBucketVersioningCommand,
  GetObjectCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { STATE_PREFIX } from "../../contract/state-keys";
import { localClient } from "../../drill/local-cloud/local-bucket";
import { type RunningLocalStack, startLocalStack } from "../../drill/local-cloud/localstack";
import { localStackSecrets } from "../../drill/local-cloud/localstack-secrets";
import { startMinio } from "../../drill/local-cloud/minio";
import type { LocalStoreSettings, RunningStore } from "../../drill/local-cloud/running-store";
import { startStore } from "../../drill/local-cloud/start-store";
import { forkTypeScript } from "../../drill/machine/typescript-child";
import { describeSecretStore } from "../support/describe-secret-store";
import { expectFullDisk } from "../support/full-disk";
import { describeReal } from "../support/real-stores";

const folder = path.join(tmpdir(), `local-cloud-real-test-${randomUUID()}`);

afterAll(() => rm(folder, { recursive: true, force: true }));

const minioSettings = (name: string): LocalStoreSettings => ({
  storeName: "secondary",
  bucketName: "assets-standby",
  region: "eu-central-1",
  originHost: "assets-standby.example.com",
  folder: path.join(folder, name),
});

const localStackSettings = (name: string): LocalStoreSettings => ({
  storeName: "primary",
  bucketName: "assets",
  region: "eu-central-1",
  originHost: "assets.s3.eu-central-1.amazonaws.com",
  folder: path.join(folder, name),
});

function clientOf(store: RunningStore): S3Client {
  return localClient({ ...store, keys: store });
}

/** A read without credentials, as the edge sends it. */
function read(
  port: number,
  host: string,
  url: string,
  method = "GET",
): Promise<{ status?: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: "127.0.0.1", port, path: url, method, headers: { host }, agent: false },
      (response) => {
        let body = "";
        response.on("data", (chunk: Buffer) => {
          body += chunk.toString();
        });
        response.on("end", () => resolve({ status: response.statusCode, body }));
      },
    );
    sent.on("error", reject);
    sent.end();
  });
}

async function put(client: S3Client, bucket: string, key: string, body: string): Promise<string | undefined> {
  const { VersionId } = await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
  return VersionId;
}

describeReal("MinIO on this machine", ["minio"], () => {
  let store: RunningStore;
  let client: S3Client;
  const { bucketName, originHost } = minioSettings("");

  beforeAll(async () => {
    store = await startStore("minio", minioSettings("minio"));
    client = clientOf(store);
  });

  afterAll(async () => {
    client.destroy();
    await store.stop();
  });

  it("keeps versions", async () => {
    const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket: bucketName }));
    const first = await put(client, bucketName, "page.html", "one");
    await put(client, bucketName, "page.html", "two");

    const old = await client.send(
      new GetObjectCommand({ Bucket: bucketName, Key: "page.html", VersionId: first }),
    );

    expect(Status).toBe("Enabled");
    expect(await old.Body?.transformToString()).toBe("one");
  });

  it("is read by host name without credentials, and neither listed, written nor searched for state", async () => {
    await put(client, bucketName, "a b/ä.txt", "found");
    await put(client, bucketName, `${STATE_PREFIX}epoch.json`, "{}");

    expect(await read(store.port, originHost, "/a%20b/%C3%A4.txt")).toEqual({ status: 200, body: "found" });
    expect((await read(store.port, originHost, `/${STATE_PREFIX}epoch.json`)).status).toBe(403);
    expect((await read(store.port, originHost, "/")).status).toBe(403);
    expect((await read(store.port, originHost, "/?list-type=2")).status).toBe(403);
    expect((await read(store.port, originHost, "/new.txt", "PUT")).status).toBe(403);
    expect((await read(store.port, originHost, "/a%20b/%C3%A4.txt", "DELETE")).status).toBe(403);
  });

  it("is not redirected to a console, whatever looks like a browser", async () => {
    const response = await fetch(`http://127.0.0.1:${store.port}/`, {
      headers: { "user-agent": "Mozilla/5.0", accept: "text/html" },
      redirect: "manual",
    });

    expect(response.status).toBe(403);
  });

  it("refuses when killed and comes back on its port with all its data", async () => {
    await put(client, bucketName, "kept.txt", "still here");
    const { port } = store;

    await store.kill();
    await expect(read(port, originHost, "/kept.txt")).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await store.restart();

    expect(await read(port, originHost, "/kept.txt")).toEqual({ status: 200, body: "still here" });
  });

  it("has keys of its own in each run, and leaves nothing when it stops", async () => {
    const settings = minioSettings("second");
    const second = await startMinio(settings);
    expect(second.accessKeyId).not.toBe(store.accessKeyId);
    expect(second.secretAccessKey).not.toBe(store.secretAccessKey);
    expect(second.port).not.toBe(store.port);

    await second.stop();
    await second.stop();

    await expect(read(second.port, originHost, "/")).rejects.toMatchObject({ code: "ECONNREFUSED" });
    expect(existsSync(settings.folder)).toBe(false);
  });

  it("refuses writes when its disk is full, serves reads, and goes on when there is room", async () => {
    const full = await startMinio({ ...minioSettings("full"), diskMebibytes: 64 });
    try {
      await expectFullDisk(full, ["XMinioStorageFull", "InternalError"]);
    } finally {
      await full.stop();
    }
  });

  it("ends with the process that started it, even after SIGKILL", async () => {
    const starter = forkTypeScript(require.resolve("../support/minio-starter.ts"));
    const told = new Promise<unknown>((resolve) => starter.once("message", resolve));
    starter.send({ settings: minioSettings("orphan") });
    const port = Number(await told);
    expect((await read(port, originHost, "/")).status).toBe(403);

    starter.kill("SIGKILL");

    const refuses = () =>
      read(port, originHost, "/").then(
        () => false,
        () => true,
      );
    for (let attempt = 0; attempt < 100 && !(await refuses()); attempt += 1) {
      await setTimeout(50);
    }
    expect(await refuses()).toBe(true);
  });
});

describeReal("LocalStack on this machine", ["localstack"], () => {
  let store: RunningLocalStack;
  let client: S3Client;
  const { bucketName, originHost } = localStackSettings("");

  beforeAll(async () => {
    store = await startLocalStack(localStackSettings("localstack"));
    client = clientOf(store);
  });

  afterAll(async () => {
    client.destroy();
    await store.stop();
  });

  it("keeps versions and is read by its regional host name without credentials", async () => {
    const first = await put(client, bucketName, "a b/ä.txt", "one");
    const second = await put(client, bucketName, "a b/ä.txt", "two");

    expect(first).not.toBe(second);
    expect(await read(store.port, originHost, "/a%20b/%C3%A4.txt")).toEqual({ status: 200, body: "two" });
    expect(store).toMatchObject({ version: "4.9.2", endpoint: `http://127.0.0.1:${store.port}` });
  });

  it("keeps its files and its log in its folder", async () => {
    expect(existsSync(path.join(folder, "localstack", "filesystem", "var", "lib", "localstack"))).toBe(true);
    expect(await readFile(path.join(folder, "localstack", "server.log"), "utf8")).toContain("Ready.");
  });

  describeSecretStore("LocalStack", async () => localStackSecrets({ ...store, region: "us-east-1" }));

  describe("when killed", () => {
    it("loses its data, and comes back on its port with an empty bucket", async () => {
      await put(client, bucketName, "gone.txt", "in memory only");

      await store.kill();
      await expect(read(store.port, originHost, "/gone.txt")).rejects.toMatchObject({ code: "ECONNREFUSED" });
      await store.restart();

      expect(store.survivesKill).toBe(false);
      expect((await read(store.port, originHost, "/gone.txt")).status).toBe(404);
      const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket: bucketName }));
      expect(Status).toBe("Enabled");
    });
  });
});
