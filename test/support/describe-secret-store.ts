import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { SecretStore } from "../../drill/local-cloud/secret-store";

/** What functions rely on, whoever stands for Secrets Manager. */
export function describeSecretStore(name: string, start: () => Promise<SecretStore>): void {
  describe(`${name} as Secrets Manager`, () => {
    let store: SecretStore;
    let client: SecretsManagerClient;

    const read = (SecretId: string) => client.send(new GetSecretValueCommand({ SecretId }));

    beforeAll(async () => {
      store = await start();
      client = new SecretsManagerClient({
        endpoint: store.endpoint,
        region: "us-east-1",
        credentials: { accessKeyId: "role", secretAccessKey: "key of the role" },
      });
    });

    afterAll(async () => {
      client.destroy();
      await store.stop();
      await store.stop();
    });

    it("gives what was put, by name and by ARN", async () => {
      await store.put("storage-failover/assets", { accessKeyId: "first", secretAccessKey: "one" });

      const byName = await read("storage-failover/assets");
      const byArn = await read(byName.ARN ?? "");

      expect(JSON.parse(byName.SecretString ?? "")).toEqual({ accessKeyId: "first", secretAccessKey: "one" });
      expect(byName).toMatchObject({ Name: "storage-failover/assets", VersionStages: ["AWSCURRENT"] });
      expect(byName.CreatedDate).toBeInstanceOf(Date);
      expect(byArn.SecretString).toBe(byName.SecretString);
    });

    it("gives the latest after a rotation", async () => {
      await store.put("rotated", { accessKeyId: "first", secretAccessKey: "one" });
      const before = await read("rotated");

      await store.put("rotated", { accessKeyId: "second", secretAccessKey: "two" });

      const after = await read("rotated");
      expect(JSON.parse(after.SecretString ?? "")).toEqual({ accessKeyId: "second", secretAccessKey: "two" });
      expect(after.VersionId).not.toBe(before.VersionId);
    });

    it("says that a secret is not there", async () => {
      await expect(read("never-put")).rejects.toMatchObject({
        name: "ResourceNotFoundException",
        $metadata: { httpStatusCode: 400 },
      });
    });
  });
}
