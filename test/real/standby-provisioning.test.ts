import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  GetBucketLifecycleConfigurationCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import type { StoreCredentials } from "../../contract/credentials";
import { HEALTH_KEY } from "../../contract/state-keys";
import type { ObjectClient } from "../../lambda/s3/object-client";
import { openObjectClient } from "../../lambda/s3/open-object-client";
import { fixedPair } from "../support/opened-store";
import { describeStandby, skipped } from "../support/standby-server/describe-standby";
import { programFile, systemPath } from "../support/standby-server/programs";
import { StandbyServer } from "../support/standby-server/standby-server";
import { BUCKET, OWN_ADDRESS, ThrowAwayRoot } from "../support/standby-server/throw-away-root";

const SERVER_MILLISECONDS = 180_000;
const MIB = 1024 ** 2;

function run(program: string, ...words: readonly string[]) {
  return spawnSync(program, words, { env: { PATH: systemPath() }, encoding: "utf8" });
}

/** Why the volume cannot be really mounted here; undefined when it can. */
function whyNoMount(): string | undefined {
  if (process.getuid?.() !== 0) return "only root can mount a volume";
  const missing = ["mkfs.xfs", "mount", "umount", "losetup"].find((name) => programFile(name) === undefined);
  if (missing !== undefined) return `${missing} is not installed`;
  return run("losetup", "--find").status === 0 ? undefined : "this machine has no loop devices";
}

const noMount = whyNoMount();

/** Without the right to mount, a folder beside the volume holds what is on it. */
const mounts = noMount === undefined;

function describeWithVolume(name: string, body: () => void): void {
  if (noMount === undefined) describe(name, body);
  else skipped(name, noMount);
}

function itWith(program: string, name: string, body: () => void): void {
  if (programFile(program) !== undefined) it(name, body);
  else it.skip(`${name} (skipped: ${program} is not installed)`, body);
}

const sha256 = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");

/** Tries again as the replicator does in its next run. */
async function untilWritten<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (const deadline = Date.now() + 60_000; ; ) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(500);
    }
  }
}

describeStandby("the provisioning", (programs) => {
  const made: (StandbyServer | ThrowAwayRoot)[] = [];
  afterEach(async () => {
    for (const one of made.splice(0)) {
      if (one instanceof StandbyServer) await one.stop();
      else one.remove();
    }
  }, SERVER_MILLISECONDS);

  const prepare = async (former?: StandbyServer) => {
    const server = await StandbyServer.prepare({
      programs,
      mounts,
      device: former?.root.device,
      serverPort: former?.ports.server,
    });
    made.push(server);
    return server;
  };
  const throwAwayRoot = (patienceSeconds?: number) => {
    const root = new ThrowAwayRoot({ programs, serverPort: 9, patienceSeconds });
    made.push(root);
    return root;
  };

  const asRoot = async <Result>(server: StandbyServer, use: (client: S3Client) => Promise<Result>) => {
    const client = new S3Client({
      endpoint: `http://127.0.0.1:${server.ports.server}`,
      region: "us-east-1",
      forcePathStyle: true,
      credentials: server.rootCredentials,
    });
    try {
      return await use(client);
    } finally {
      client.destroy();
    }
  };

  describe("boot by boot", () => {
    const Bucket = BUCKET;
    /** All that must outlive a boot, and a droplet. */
    const kept = async (server: StandbyServer, key: StoreCredentials) => {
      const replicator = new S3Client({
        endpoint: server.endpoint,
        region: "us-east-1",
        forcePathStyle: true,
        credentials: key,
        requestHandler: { httpsAgent: { ca: server.certificate.certificate } },
      });
      const { Versions = [] } = await replicator.send(new ListObjectVersionsCommand({ Bucket }));
      const object = await replicator.send(new GetObjectCommand({ Bucket, Key: "kept.txt" }));
      const body = await object.Body?.transformToString();
      replicator.destroy();
      return {
        body,
        health: (await server.request({ path: `/${HEALTH_KEY}` })).status,
        lifecycle: await asRoot(server, (client) =>
          client.send(new GetBucketLifecycleConfigurationCommand({ Bucket })),
        ).then(({ Rules = [] }) => Rules.map(({ NoncurrentVersionExpiration: old }) => old)),
        versions: Versions.map(({ Key, VersionId }) => `${Key} ${VersionId}`),
        credentials: server.rootCredentials,
        certificates: readdirSync(join(server.root.mountPath, "caddy")),
      };
    };

    it(
      "changes nothing the second time, after a reboot, and on a new droplet with the same volume",
      async () => {
        const server = await prepare();
        await server.mustBoot();
        const key: StoreCredentials = JSON.parse(
          (await server.root.run("replicator-keys.sh", ["create"])).output,
        );
        await asRoot(server, (client) =>
          client.send(new PutObjectCommand({ Bucket, Key: "kept.txt", Body: "kept" })),
        );
        writeFileSync(join(server.root.mountPath, "caddy", "certificate"), "kept");
        const first = await kept(server, key);
        expect(first.versions).toHaveLength(2);
        expect(first).toMatchObject({ body: "kept", health: 200, lifecycle: [{ NoncurrentDays: 37 }] });
        expect(first.certificates).toContain("certificate");

        await server.mustBoot();
        expect(await kept(server, key)).toEqual(first);

        await server.powerOff();
        await server.mustBoot();
        expect(await kept(server, key)).toEqual(first);

        await server.powerOff();
        const rebuilt = await prepare(server);
        await rebuilt.mustBoot();
        expect(await kept(rebuilt, key)).toEqual(first);

        const formats = [...server.root.calls(), ...rebuilt.root.calls()].filter((call) =>
          /^mkfs/.test(call),
        );
        expect(formats).toEqual(["mkfs.xfs -L objects /volume"]);
      },
      SERVER_MILLISECONDS,
    );

    it(
      "keeps what only root may read for root only",
      async () => {
        const server = await prepare();
        await server.mustBoot();
        await server.setOriginSecrets("a-secret-of-24-letters--");

        const mode = (file: string) => (statSync(join(server.root.mountPath, file)).mode & 0o777).toString(8);

        expect(["root-credentials.env", "origin-secrets.env", "objects", "caddy"].map(mode)).toEqual([
          "600",
          "600",
          "700",
          "700",
        ]);
        expect(readdirSync(server.root.mountPath).filter((name) => name.endsWith(".new"))).toEqual([]);
      },
      SERVER_MILLISECONDS,
    );

    it(
      "asks for no certificate before the origin's name leads to this droplet",
      async () => {
        const server = await prepare();
        server.root.nameLeadsTo("198.51.100.1");
        const booting = server.mustBoot();
        const asksForName = () => server.root.calls().filter((call) => call.startsWith("getent")).length;
        while (asksForName() < 3) await sleep(50);
        expect(server.root.calls()).not.toContain("systemctl enable --now caddy.service");

        server.root.nameLeadsTo(OWN_ADDRESS);
        await booting;

        expect(server.root.calls().at(-1)).toBe("systemctl enable --now caddy.service");
        expect((await server.request({ path: `/${HEALTH_KEY}` })).status).toBe(200);
      },
      SERVER_MILLISECONDS,
    );

    it("waits for the volume before it does anything to a disk", async () => {
      const root = throwAwayRoot(1);
      rmSync(root.device);

      const { status, complaints } = await root.run("provision.sh");

      expect(status).not.toBe(0);
      expect(complaints).toContain("gave up after 1 s: volume");
      expect(root.calls()).toEqual([]);
    });

    it("installs packages only where a program is missing", async () => {
      const root = throwAwayRoot(1);
      rmSync(root.device);
      rmSync(root.at("/stand-ins/caddy"));
      const isInstalled = programFile("caddy") !== undefined;

      await root.run("provision.sh");

      const installs = root.calls().filter((call) => call.startsWith("apt-get"));
      expect(installs).toEqual(
        isInstalled ? [] : [expect.stringContaining(" update"), expect.stringContaining(" install -y ")],
      );
    });
  });

  describe("the volume", () => {
    const write = (device: string, bytes: string | Buffer, position: number) => {
      const file = openSync(device, "r+");
      writeSync(file, Buffer.from(bytes), 0, undefined, position);
      closeSync(file);
    };
    const ext4 = (device: string) => {
      if (run("mkfs.ext4", "-q", device).status !== 0) write(device, Buffer.from([0x53, 0xef]), 1080);
    };

    it.each<[string, (device: string) => void]>([
      ["another file system", ext4],
      ["a partition table", (device) => write(device, Buffer.from([0x55, 0xaa]), 510)],
      ["swap", (device) => write(device, "SWAPSPACE2", 4086)],
      ["bytes that nobody knows", (device) => write(device, "somebody's", 0)],
      ["bytes that nobody knows, further in", (device) => write(device, "somebody's", 15 * MIB)],
      ["an encrypted volume", (device) => write(device, Buffer.from("4c554b53babe0001", "hex"), 0)],
    ])("with %s on it is refused, and nothing is changed", async (_, prepareVolume) => {
      const root = throwAwayRoot(1);
      prepareVolume(root.device);
      const before = sha256(root.device);

      const { status, complaints } = await root.run("provision.sh");

      expect(status).not.toBe(0);
      expect(complaints).toContain("nothing is changed");
      expect(sha256(root.device)).toBe(before);
      expect(root.calls().filter((call) => !call.startsWith("blkid"))).toEqual([]);
    });

    it("is formatted when it is blank, once, and kept as it is when it has been", async () => {
      const root = throwAwayRoot(1);

      await root.run("provision.sh");
      const formatted = sha256(root.device);
      await root.run("provision.sh");

      expect(root.calls().filter((call) => call.startsWith("mkfs"))).toEqual(["mkfs.xfs -L objects /volume"]);
      expect(root.calls().filter((call) => call.startsWith("xfs_growfs"))).toHaveLength(2);
      expect(sha256(root.device)).toBe(formatted);
      expect(existsSync(join(root.mountPath, "root-credentials.env"))).toBe(true);
    });
  });

  describeWithVolume("a full volume", () => {
    let server: StandbyServer;
    let client: ObjectClient;
    beforeAll(async () => {
      server = await StandbyServer.prepare({ programs, mounts });
      await server.mustBoot();
      const pair: StoreCredentials = JSON.parse(
        (await server.root.run("replicator-keys.sh", ["create"])).output,
      );
      client = openObjectClient("thin", {
        endpoint: server.endpoint,
        region: "us-east-1",
        bucket: BUCKET,
        addressStyle: "path",
        credentials: fixedPair(pair),
        certificateAuthorities: server.certificate.certificate,
      });
    }, SERVER_MILLISECONDS);
    afterAll(async () => {
      client?.close();
      await server?.stop();
    }, SERVER_MILLISECONDS);

    const put = (key: string, bytes: number) => {
      const body = Buffer.alloc(bytes, key);
      const contentMd5 = createHash("md5").update(body).digest("base64");
      const headers = { metadata: {} };
      return client.put(key, { body, size: bytes, contentMd5, headers, condition: { absent: true } });
    };

    it(
      "refuses writes by an error that is tried again later, serves what it has, and goes on once there is room",
      async () => {
        await put("small.txt", 1000);
        const filled: { key: string; versionId: string }[] = [];
        let refusal: unknown;
        for (let index = 0; index < 40 && refusal === undefined; index += 1) {
          const key = `filling/${index}`;
          try {
            filled.push({ key, ...(await put(key, 16 * MIB)) });
          } catch (error) {
            refusal = error;
          }
        }

        expect(refusal).toMatchObject({ kind: "server-error", retryable: true });
        expect(filled.length).toBeGreaterThan(5);
        expect((await server.request({ path: "/small.txt" })).bytes).toHaveLength(1000);
        expect((await server.request({ path: `/${HEALTH_KEY}` })).status).toBe(200);
        expect((await client.list({ prefix: "filling/" })).objects).toHaveLength(filled.length);

        for (const { key, versionId } of filled) await client.delete({ key, versionId });

        // What is deleted is removed in the background: within some minutes, or soon after a restart.
        await server.powerOff();
        await server.mustBoot();
        await expect(untilWritten(() => put("afterwards", 16 * MIB))).resolves.toMatchObject({
          etag: expect.any(String),
        });
      },
      SERVER_MILLISECONDS,
    );

    it(
      "has the room of a volume that was enlarged, from the next boot on",
      async () => {
        const blocks = () => statfsSync(server.root.mountPath).blocks;
        const before = blocks();
        await server.powerOff();
        truncateSync(server.root.device, statSync(server.root.device).size + 64 * MIB);

        await server.mustBoot();

        expect(blocks()).toBeGreaterThan(before * 1.1);
        expect((await server.request({ path: "/small.txt" })).status).toBe(200);
      },
      SERVER_MILLISECONDS,
    );
  });

  describe.each([{}, { requireOriginSecret: true }])("as cloud-init gets it, with %j", (provisioning) => {
    const root = () => {
      const made = new ThrowAwayRoot({ programs, serverPort: 9, provisioning });
      return made;
    };

    itWith("cloud-init", "is valid to cloud-init", () => {
      const { folder, document, remove } = written();
      const file = join(folder, "user-data");
      writeFileSync(file, document);
      const { status, stdout, stderr } = run("cloud-init", "schema", "--config-file", file);
      remove();
      expect([status, stdout + stderr]).toEqual([0, expect.stringContaining("Valid")]);
    });

    itWith("shellcheck", "has scripts that shellcheck has nothing to say about", () => {
      const { scripts, remove } = written();
      const { status, stdout } = run("shellcheck", ...scripts);
      remove();
      expect(scripts.map((script) => script.slice(script.lastIndexOf("/") + 1)).toSorted()).toEqual([
        "note-staleness.sh",
        "origin-secrets.sh",
        "prepare-bucket.sh",
        "provision.sh",
        "replicator-keys.sh",
      ]);
      expect([status, stdout]).toEqual([0, ""]);
    });

    const written = () => {
      const one = root();
      const scripts = [...one.files.keys()]
        .filter((path) => path.endsWith(".sh"))
        .map((path) => one.at(path));
      return { folder: one.folder, document: one.document, scripts, remove: () => one.remove() };
    };
  });

  it("checks the configuration of the proxy as Caddy formats it", () => {
    const root = throwAwayRoot();
    const file = root.at("/etc/storage-failover/Caddyfile");
    const formatted = execFileSync(programs.caddy, ["fmt", file], { encoding: "utf8" });

    expect(formatted).toBe(readFileSync(file, "utf8"));
  });
});
