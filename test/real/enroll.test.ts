import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { MARKER_VARIABLES, storeVariables } from "../../contract/environment";
import { type RunningLocalStack, startLocalStack } from "../../drill/local-cloud/localstack";
import { type CommandEnd, type StartedCommand, startCommand } from "../support/command-line";
import { describeWithSshd } from "../support/ssh-server/describe-with-sshd";
import { type DropletDouble, dropletDouble } from "../support/ssh-server/droplet-double";
import { type PairStore, startPairStore } from "../support/ssh-server/pair-store";
import { type SshServer, startSshServer } from "../support/ssh-server/ssh-server";
import { startVaultGate, type VaultGate } from "../support/ssh-server/vault-gate";

const PATIENCE = 120_000;
const REGION = "eu-central-1";
const SECRET = "storage-failover/assets";
const ORIGIN = { current: "CANARYoriginsecretnew0001", previous: "CANARYoriginsecretold0002" };

describeWithSshd("enroll and rotate, over sshd into LocalStack's Secrets Manager", ["localstack"], (sshd) => {
  let folder: string;
  let droplet: DropletDouble;
  let server: SshServer;
  let store: PairStore;
  let vault: VaultGate;
  let localstack: RunningLocalStack;
  let secrets: SecretsManagerClient;
  let environment: Record<string, string>;
  const ends: CommandEnd[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "enroll-test-"));
    const bucketName = "assets-primary";
    localstack = await startLocalStack({
      storeName: "primary",
      bucketName,
      region: REGION,
      originHost: `${bucketName}.s3.${REGION}.amazonaws.com`,
      folder: join(folder, "localstack"),
    });
    const { accessKeyId, secretAccessKey, endpoint } = localstack;
    secrets = new SecretsManagerClient({
      endpoint,
      region: REGION,
      credentials: { accessKeyId, secretAccessKey },
    });
  }, PATIENCE);

  afterAll(async () => {
    secrets?.destroy();
    await localstack?.stop();
    await rm(folder, { recursive: true, force: true });
  }, PATIENCE);

  beforeEach(async () => {
    const own = await mkdtemp(join(folder, "droplet-"));
    await mkdir(join(own, "tmp"));
    vault = await startVaultGate(localstack.endpoint);
    droplet = await dropletDouble(join(own, "scripts"));
    server = await startSshServer(sshd, join(own, "sshd"), droplet);
    store = await startPairStore(() => droplet.pairs());
    environment = {
      AWS_ACCESS_KEY_ID: localstack.accessKeyId,
      AWS_SECRET_ACCESS_KEY: localstack.secretAccessKey,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: vault.url,
      HOME: own,
      TMPDIR: join(own, "tmp"),
      [MARKER_VARIABLES.name]: "_storage-failover.assets.example.com",
      ...storeInEnvironment("primary", localstack.endpoint),
      ...storeInEnvironment("secondary", store.url),
      [storeVariables("secondary").credentialsSecret]: SECRET,
    };
  });

  // Hooks run last to first: what is looked at next is still there.
  afterEach(stopAll);

  /** Whatever else happens: no secret is printed, left in a file, or handed to a program as an argument. */
  afterEach(async () => {
    const canaries = [
      ...(await droplet.secrets()),
      ORIGIN.current,
      ORIGIN.previous,
      localstack.secretAccessKey,
    ];
    const said = ends.splice(0).map(({ out, error }) => out + error);
    const asked = await server.commands();
    // The test's own runner of TypeScript keeps a folder there.
    const names = (await readdir(environment.TMPDIR ?? "")).filter((name) => !name.startsWith("tsx-"));
    expect(names).toEqual([]);
    const left = await textsOf(environment.HOME ?? "");
    const found = [...said, ...asked, ...left].filter((text) => canaries.some((one) => text.includes(one)));
    expect(found).toEqual([]);
    const ids = (await droplet.pairs()).map(({ accessKeyId }) => accessKeyId);
    expect([...said, ...asked].filter((text) => ids.some((id) => text.includes(id)))).toEqual([]);
  });

  async function stopAll(): Promise<void> {
    await Promise.all([server?.stop(), store?.stop(), vault?.stop()]);
    await secrets
      .send(new DeleteSecretCommand({ SecretId: SECRET, ForceDeleteWithoutRecovery: true }))
      .catch(() => undefined);
  }

  function storeInEnvironment(name: "primary" | "secondary", endpoint: string): Record<string, string> {
    const names = storeVariables(name);
    return {
      [names.endpoint]: endpoint,
      [names.bucket]: "assets",
      [names.region]: "us-east-1",
      [names.addressStyle]: "path",
    };
  }

  /** What commands left behind outside the droplet. */
  async function textsOf(top: string): Promise<string[]> {
    const entries = await readdir(top, { recursive: true, withFileTypes: true });
    const files = entries.filter(
      (entry) => entry.isFile() && !/\/(scripts|sshd|tsx-\d+)(\/|$)/.test(entry.parentPath),
    );
    return Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name), "utf8")));
  }

  function start(name: string, ...more: string[]): StartedCommand {
    const reach = [
      ...["--port", String(server.port), "--user", server.user],
      ...["--identity", server.identity, "--host-key", server.fingerprint, "--region", REGION],
    ];
    // Of options that are given twice, the last one counts.
    return startCommand([name, ...reach, ...more], environment);
  }

  async function command(name: string, ...more: string[]): Promise<CommandEnd> {
    const end = await start(name, ...more).end;
    ends.push(end);
    return end;
  }

  async function pairInSecret(
    stage = "AWSCURRENT",
  ): Promise<{ accessKeyId: string; secretAccessKey: string }> {
    const value = await secrets.send(new GetSecretValueCommand({ SecretId: SECRET, VersionStage: stage }));
    return JSON.parse(value.SecretString ?? "");
  }

  async function idsOnDroplet(): Promise<string[]> {
    return (await droplet.pairs()).map(({ accessKeyId }) => accessKeyId).toSorted();
  }

  it(
    "brings a pair that the store accepts into a secret of its own making, and then finds nothing to do",
    async () => {
      const enrolled = await command("enroll", "--host-key", server.hostKeyFile);
      expect(enrolled).toMatchObject({ code: 0, error: "" });
      expect(enrolled.out).toMatch(/✔ write the secret +created[\s\S]*enrolled: the store accepts/);
      expect(await droplet.pairs()).toEqual([await pairInSecret()]);
      expect(Object.keys(await pairInSecret())).toEqual(["accessKeyId", "secretAccessKey"]);
      const described = await secrets.send(new DescribeSecretCommand({ SecretId: SECRET }));
      expect(described.Tags).toEqual([{ Key: "managed-by", Value: "storage-failover" }]);

      const before = await pairInSecret();
      const again = await command("enroll", "--json");
      expect(again).toMatchObject({ code: 0 });
      expect(JSON.parse(again.out)).toEqual({
        command: "enroll",
        host: "127.0.0.1",
        outcome: "already-enrolled",
        removed: 0,
        left: 0,
        secret: { name: SECRET, region: REGION, change: "unchanged" },
      });
      expect(await pairInSecret()).toEqual(before);

      const replaced = await command("enroll", "--again");
      expect(replaced).toMatchObject({ code: 0 });
      expect(await droplet.pairs()).toEqual([await pairInSecret()]);
      expect(await pairInSecret("AWSPREVIOUS")).toEqual(before);
    },
    PATIENCE,
  );

  it(
    "sends nothing to a server with another host key, or to one that no key is known of",
    async () => {
      const other = `SHA256:${"A".repeat(43)}`;
      const fingerprint = await command("enroll", "--host-key", other);
      expect(fingerprint).toMatchObject({ code: 1, out: expect.stringContaining("on 127.0.0.1") });
      expect(fingerprint.error).toContain(`does not have the pinned host key ${other}; it offers SHA256:`);

      const line = `whoever ${(await readFile(`${server.strangersIdentity}.pub`, "utf8")).trim()}`;
      const known = await command("enroll", "--host-key", line);
      expect(known).toMatchObject({ code: 1 });
      expect(known.error).toMatch(/does not have the pinned host key\. Nothing was sent/);

      const none = await startCommand(["enroll", "--port", String(server.port)], environment).end;
      expect(none).toMatchObject({ code: 2, out: "" });
      expect(none.error).toMatch(/--host-key is missing[\s\S]*console[\s\S]*proves nothing/);
      expect(none.error).toContain(`  ${server.fingerprint}  ssh-ed25519`);

      expect(await server.commands()).toEqual([]);
      expect(await idsOnDroplet()).toEqual([]);
    },
    PATIENCE,
  );

  it(
    "says what to do when it is not let in, or nobody answers",
    async () => {
      const stranger = await command("enroll", "--identity", server.strangersIdentity);
      expect(stranger).toMatchObject({ code: 3 });
      expect(stranger.error).toMatch(/does not let .* in with the key .*stranger; give --identity/);

      await server.stop();
      const closed = await command("enroll", "--host-key", server.hostKeyFile);
      expect(closed).toMatchObject({ code: 3 });
      expect(closed.error).toMatch(/no SSH connection to 127\.0\.0\.1 port \d+: .*refused.*adminCidrs/);
    },
    PATIENCE,
  );

  it(
    "leaves the secret alone when the droplet's script fails or answers what is no pair, and cleans up later",
    async () => {
      await droplet.setFault("create-fails");
      const failed = await command("enroll");
      expect(failed).toMatchObject({ code: 1 });
      expect(failed.error).toMatch(
        /making a key pair on 127\.0\.0\.1 failed with status 1: mc: <ERROR> user …? ?.*policy/,
      );
      await droplet.setFault("create-babbles");
      const babbled = await command("enroll", "--verbose");
      expect(babbled).toMatchObject({ code: 1 });
      expect(babbled.error).toContain("create did not answer with a key pair");
      await expect(pairInSecret()).rejects.toMatchObject({ name: "ResourceNotFoundException" });
      expect(await idsOnDroplet()).toHaveLength(2);

      await droplet.setFault(undefined);
      const enrolled = await command("enroll", "--json");
      expect(JSON.parse(enrolled.out)).toMatchObject({ outcome: "enrolled", removed: 2, left: 0 });
      expect(await droplet.pairs()).toEqual([await pairInSecret()]);
    },
    PATIENCE,
  );

  it(
    "removes the new pair again when Secrets Manager refuses it",
    async () => {
      vault.answerWrites("refuse");
      const refused = await command("enroll", "--verbose");
      expect(refused).toMatchObject({ code: 3 });
      expect(refused.error).toMatch(
        /creating secret "storage-failover\/assets" failed: AccessDeniedException: not /,
      );
      expect(await idsOnDroplet()).toEqual([]);

      await droplet.setFault("remove-fails");
      const stuck = await command("enroll");
      expect(stuck.error).toMatch(
        /could not be removed from the droplet again: .*The next enroll or rotate removes it/,
      );
      expect(await idsOnDroplet()).toHaveLength(1);
    },
    PATIENCE,
  );

  it(
    "keeps a pair whose writing was never answered, because the secret holds it",
    async () => {
      await command("enroll");
      const old = await pairInSecret();
      vault.answerWrites("swallow");
      const rotated = await command("rotate", "--grace", "0", "--json");
      expect(rotated).toMatchObject({ code: 0 });
      expect(await pairInSecret()).not.toEqual(old);
      expect(await droplet.pairs()).toEqual([await pairInSecret()]);
    },
    PATIENCE,
  );

  it(
    "rotates with both pairs valid in between, and keeps users of its own making only",
    async () => {
      await command("enroll");
      const old = await pairInSecret();
      await droplet.add({ accessKeyId: "somebody-else", secretAccessKey: "not of the replicator" });

      const rotating = start("rotate", "--grace", "4");
      while ((await idsOnDroplet()).length < 3) await delay(50);
      await untilChanged(old.accessKeyId);
      expect(await idsOnDroplet()).toContain(old.accessKeyId);
      const end = await rotating.end;
      ends.push(end);

      expect(end).toMatchObject({ code: 0, error: "" });
      expect(end.out).toMatch(/wait for the functions +4 s, both key pairs valid/);
      const current = await pairInSecret();
      expect(await idsOnDroplet()).toEqual([current.accessKeyId, "somebody-else"]);
      expect(await pairInSecret("AWSPREVIOUS")).toEqual(old);
    },
    PATIENCE,
  );

  it(
    "is interrupted, leaves both pairs valid, and is finished by the next one",
    async () => {
      const early = await command("rotate");
      expect(early).toMatchObject({ code: 1 });
      expect(early.error).toContain("run: storage-failover enroll");
      await command("enroll");
      const old = await pairInSecret();

      const rotating = start("rotate");
      await untilChanged(old.accessKeyId);
      await delay(500);
      rotating.process.kill("SIGINT");
      const end = await rotating.end;
      ends.push(end);
      expect(end).toMatchObject({ code: 130 });
      expect(end.error).toMatch(/still valid; to remove them: storage-failover rotate --finish/);
      expect(await idsOnDroplet()).toHaveLength(2);

      const seen = await command("enroll");
      expect(seen.out).toMatch(/enrolled already[\s\S]*1 other key pair on the droplet/);
      const finished = await command("rotate", "--finish", "--json");
      expect(JSON.parse(finished.out)).toMatchObject({ outcome: "finished", removed: 1 });
      expect(await droplet.pairs()).toEqual([await pairInSecret()]);
      const kept = await command("rotate", "--keep-old");
      expect(kept.out).toMatch(/left +1 other key pair/);
    },
    PATIENCE,
  );

  it(
    "sends the origin secrets, both while they change, and never shows them",
    async () => {
      const missing = await command("rotate", "--origin-secret");
      expect(missing).toMatchObject({ code: 2 });
      expect(missing.error).toContain("TF_VAR_origin_secret and TF_VAR_previous_origin_secret are not set");

      environment.TF_VAR_origin_secret = ORIGIN.previous;
      const enrolled = await command("enroll", "--origin-secret-from-env", "--json");
      expect(JSON.parse(enrolled.out)).toMatchObject({ outcome: "enrolled", originSecrets: 1 });
      expect(await droplet.originSecrets()).toEqual([ORIGIN.previous]);

      environment.TF_VAR_origin_secret = ORIGIN.current;
      environment.TF_VAR_previous_origin_secret = ORIGIN.previous;
      const both = await command("rotate", "--origin-secret");
      expect(both).toMatchObject({ code: 0, error: "" });
      expect(both.out).toMatch(
        /deploy primary[\s\S]*deploy edge[\s\S]*deploy primary[\s\S]*--origin-secret --finish/,
      );
      expect(await droplet.originSecrets()).toEqual([ORIGIN.current, ORIGIN.previous]);

      await droplet.setFault("origin-fails");
      const failed = await command("rotate", "--origin-secret", "--finish");
      expect(failed).toMatchObject({ code: 1 });
      expect(failed.error).toMatch(/setting the origin secret on .* failed with status 1: cannot reload: …/);
      await droplet.setFault(undefined);
      await command("rotate", "--origin-secret", "--finish");
      expect(await droplet.originSecrets()).toEqual([ORIGIN.current]);
    },
    PATIENCE,
  );

  async function untilChanged(accessKeyId: string): Promise<void> {
    while ((await pairInSecret()).accessKeyId === accessKeyId) await delay(50);
  }
});
