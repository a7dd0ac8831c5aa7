import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "@jest/globals";
import type { RunningStore } from "../../drill/local-cloud/running-store";
import type { StoreDisk } from "../../drill/local-cloud/small-disk";
import type { ObjectClient } from "../../lambda/s3/object-client";
import { openObjectClient } from "../../lambda/s3/open-object-client";
import { optionsFor } from "./opened-store";

/** Undefined where programs may have a mount namespace of their own; else why not. */
export function whyNoSmallDisk(): string | undefined {
  const { status, stderr, error } = spawnSync("unshare", ["--map-root-user", "--mount", "true"], {
    encoding: "utf8",
  });
  return status === 0 ? undefined : `no mount namespace can be had: ${error?.message ?? stderr.trim()}`;
}

/** Larger than what a server may hold back in memory. */
const BODY = Buffer.alloc(600_000, "full disk ");

/**
 * Fills the store's disk, looks what it still does, and gives it room again.
 *
 * @param codes - with which it may say that there is no room
 */
export async function expectFullDisk(store: RunningStore, codes: readonly string[]): Promise<void> {
  const code: unknown = expect.stringMatching(new RegExp(`^(${codes.join("|")})$`));
  const client = openObjectClient("thin", optionsFor(store));
  const disk = store.disk as StoreDisk;
  const put = (key: string, body = BODY) =>
    client.put(key, {
      body,
      size: body.length,
      contentMd5: createHash("md5").update(body).digest("base64"),
      headers: { metadata: {} },
      condition: { absent: true },
    });
  const read = async (key: string) => (await buffer((await client.get(key)).body)).equals(BODY);
  try {
    await put("before");

    await disk.fill();

    // Large and small, again and again: no refusal may spoil the connection or what is stored.
    for (const key of ["large", "small", "again"]) {
      const body = key === "small" ? Buffer.from("x") : BODY;
      await expect(put(key, body)).rejects.toMatchObject({ kind: "server-error", code });
      expect(await client.head(key)).toBeUndefined();
      expect(await read("before")).toBe(true);
    }
    expect((await client.list()).objects.map((object) => object.key)).toEqual(["before"]);

    // What needs hardly any room may go on for a while, and is then refused half way through what it writes.
    const refused = await deleteUntilRefused(client).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (refused !== undefined) expect(refused).toMatchObject({ kind: "server-error", code });

    await disk.makeRoom();

    await untilPut(() => put("after"));
    expect(await read("after")).toBe(true);
    await store.kill();
    await store.restart();
    expect(await read("before")).toBe(true);
    expect((await client.list()).objects.map((object) => object.key)).toEqual(["after", "before"]);
  } finally {
    client.close();
  }
}

async function deleteUntilRefused(client: ObjectClient): Promise<void> {
  for (let index = 0; index < 200; index += 1) await client.delete({ key: `never there ${index}` });
}

/** MinIO believes for about a second what it last saw of the disk. */
async function untilPut(put: () => Promise<unknown>): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const refused = await put().then(
      () => false,
      () => true,
    );
    if (!refused) return;
    await delay(100);
  }
  await put();
}
