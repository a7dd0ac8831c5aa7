import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { pairTrial } from "../../cli/enroll/try-pair";
import type { StoreCredentials } from "../../contract/credentials";
import { type RunningLocalStack, startLocalStack } from "../../drill/local-cloud/localstack";
import { openObjectClient } from "../../lambda/s3/open-object-client";
import { type CommandEnd, runCommand } from "../support/command-line";
import { fixedPair } from "../support/opened-store";
import { describeWithSshd } from "../support/ssh-server/describe-with-sshd";
import { type SshServer, startSshServer } from "../support/ssh-server/ssh-server";
import { describeStandby } from "../support/standby-server/describe-standby";
import { StandbyServer } from "../support/standby-server/standby-server";
import { BUCKET } from "../support/standby-server/throw-away-root";

const PATIENCE = 240_000;
const REGION = "us-east-1";
const SECRET = "storage-failover/standby";

describeWithSshd("enrolling with a droplet's own scripts, MinIO and proxy", ["localstack"], (sshd) => {
  describeStandby("behind sshd", (programs) => {
    let folder: string;
    let standby: StandbyServer;
    let ssh: SshServer;
    let localstack: RunningLocalStack;
    let secrets: SecretsManagerClient;
    let authority: string;
    const ends: CommandEnd[] = [];

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "enroll-standby-"));
      const bucketName = "assets-primary";
      localstack = await startLocalStack({
        storeName: "primary",
        bucketName,
        region: REGION,
        originHost: `${bucketName}.s3.${REGION}.amazonaws.com`,
        folder: join(folder, "localstack"),
      });
      standby = await StandbyServer.prepare({ programs });
      await standby.mustBoot();
      const { root } = standby;
      ssh = await startSshServer(sshd, join(folder, "sshd"), {
        folder: root.at("/opt/storage-failover"),
        volume: root.mountPath,
        environment: root.environment(),
      });
      authority = join(folder, "authority.pem");
      await writeFile(authority, standby.certificate.certificate);
      const { accessKeyId, secretAccessKey, endpoint } = localstack;
      const credentials = { accessKeyId, secretAccessKey };
      secrets = new SecretsManagerClient({ endpoint, region: REGION, credentials });
    }, PATIENCE);

    afterAll(async () => {
      secrets?.destroy();
      await Promise.all([ssh?.stop(), standby?.stop(), localstack?.stop()]);
      await rm(folder, { recursive: true, force: true });
    }, PATIENCE);

    async function command(name: string, words: readonly string[], more: Record<string, string> = {}) {
      const store = ["--store", `${standby.endpoint}/${BUCKET}`, "--store-ca-file", authority];
      const end = await runCommand([name, ...store, ...words], {
        AWS_ACCESS_KEY_ID: localstack.accessKeyId,
        AWS_SECRET_ACCESS_KEY: localstack.secretAccessKey,
        AWS_ENDPOINT_URL_SECRETS_MANAGER: localstack.endpoint,
        ...more,
      });
      ends.push(end);
      return end;
    }

    function onDroplet(name: string, ...words: string[]): Promise<CommandEnd> {
      const reach = ["--port", String(ssh.port), "--user", ssh.user, "--identity", ssh.identity];
      const known = ["--host-key", ssh.fingerprint, "--secret", SECRET, "--region", REGION];
      return command(name, [...reach, ...known, ...words]);
    }

    async function pairInSecret(): Promise<StoreCredentials> {
      const value = await secrets.send(new GetSecretValueCommand({ SecretId: SECRET }));
      return JSON.parse(value.SecretString ?? "");
    }

    const answer = pairTrial(
      (pair) =>
        openObjectClient("thin", {
          endpoint: standby.endpoint,
          region: REGION,
          bucket: BUCKET,
          addressStyle: "path",
          credentials: fixedPair(pair),
          certificateAuthorities: standby.certificate.certificate,
        }),
      50,
    );

    it(
      "makes a pair that works, with which the store is found suitable, and replaces it",
      async () => {
        const enrolled = await onDroplet("enroll");
        expect(enrolled).toMatchObject({ code: 0, error: "" });
        const first = await pairInSecret();
        expect(await answer(first)).toBe("works");

        const probed = await command("probe-store", ["--json"], {
          STORE_ACCESS_KEY_ID: first.accessKeyId,
          STORE_SECRET_ACCESS_KEY: first.secretAccessKey,
        });
        expect(probed.error).toBe("");
        expect(JSON.parse(probed.out)).toMatchObject({ verdict: "suitable", left: [] });

        const reach = ["--host", ssh.host, "--port", String(ssh.port), "--user", ssh.user];
        const known = ["--identity", ssh.identity, "--host-key", ssh.fingerprint];
        const examined = await command("doctor", [
          "volume",
          ...reach,
          ...known,
          "--bucket-bytes",
          "1000",
          "--json",
        ]);
        expect(examined.error).toBe("");
        expect(JSON.parse(examined.out)).toMatchObject({
          checks: [
            { id: "volume-size", status: "ok", found: expect.stringContaining("as 127.0.0.1 measures it") },
            { id: "volume-usage", status: expect.stringMatching(/^(ok|warning)$/) },
          ],
        });

        const rotated = await onDroplet("rotate", "--grace", "1", "--json");
        expect(JSON.parse(rotated.out)).toMatchObject({ outcome: "rotated", removed: 1, left: 0 });
        const second = await pairInSecret();
        expect([await answer(first), await answer(second)]).toEqual(["refused", "works"]);
        const listed = await standby.root.run("replicator-keys.sh", ["list"]);
        expect(listed.output.trim()).toBe(second.accessKeyId);

        const printed = ends.map(({ out, error }) => out + error).join("");
        for (const { secretAccessKey, accessKeyId } of [first, second]) {
          expect(printed).not.toContain(secretAccessKey);
          expect(printed).not.toContain(accessKeyId);
        }
      },
      PATIENCE,
    );
  });
});
