import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { CLOUDFLARE_IPV4_RANGES, CLOUDFLARE_RANGES_DATE } from "../../lib/primary/cloudflare-ranges";

const pinned = CLOUDFLARE_IPV4_RANGES;

/** What is published, by path; a path that is not here answers 500. */
const PUBLISHED: Readonly<Record<string, string>> = {
  "/same": `${[...pinned].reverse().join("\r\n")}\r\n`,
  "/changed": [...pinned.slice(1), "198.51.100.0/24"].join("\n"),
  "/more": [...pinned, "198.51.100.0/24"].join("\n"),
  "/page": "<!doctype html>\n<title>Just a moment…</title>",
  "/empty": "\n",
};

let server: Server;
let origin: string;

beforeAll(async () => {
  server = createServer(({ url = "" }, response) => {
    const text = PUBLISHED[url];
    response.writeHead(text === undefined ? 500 : 200).end(text);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
});

/** Runs the script as npm does. */
async function check(...args: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ["--import", "tsx", "scripts/check-cloudflare-ranges.ts", ...args],
      (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), output: `${stdout}${stderr}` }),
    );
  });
}

describe("check:cloudflare-ranges", () => {
  it("ends with 0 when the published networks are the pinned ones, in whatever order", async () => {
    const { code, output } = await check(`${origin}/same`);

    expect(code).toBe(0);
    expect(output).toContain(`${pinned.length} networks pinned on ${CLOUDFLARE_RANGES_DATE}, and no other`);
  });

  it("ends with 1 and names what is missing and what is extra", async () => {
    const { code, output } = await check(`${origin}/changed`);

    expect(code).toBe(1);
    expect(output).toMatch(/^ {2}missing {2}198\.51\.100\.0\/24 /m);
    expect(output).toContain(`  extra    ${pinned[0]} `);
    expect(output.match(/^ {2}(missing|extra)/gm)).toHaveLength(2);
    expect(output).toContain("lib/primary/cloudflare-ranges.ts");
  });

  it("ends with 1 when nothing but a new network differs", async () => {
    expect((await check(`${origin}/more`)).code).toBe(1);
  });

  it.each([
    ["/down", "status 500"],
    ["/page", "no list of IPv4 networks"],
    ["/empty", "no list of IPv4 networks"],
  ])("ends with 3 when there is no list to compare with (%s)", async (path, reason) => {
    const { code, output } = await check(origin + path);

    expect(code).toBe(3);
    expect(output).toContain(reason);
    expect(output).not.toContain("extra");
  });

  it("ends with 3 when nobody answers", async () => {
    const silent = createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    silent.close();
    await once(silent, "close");

    const { code, output } = await check(`http://127.0.0.1:${port}/`);

    expect(code).toBe(3);
    expect(output).toContain("ECONNREFUSED");
  });

  it("ends with 2 for what is no address", async () => {
    const { code, output } = await check("ips-v4");

    expect(code).toBe(2);
    expect(output).toContain("usage:");
  });
});

describe("the pinned networks", () => {
  it("are IPv4, each once, with the day on which they were compared", () => {
    for (const range of pinned) {
      expect(range).toMatch(/^\d{1,3}(\.\d{1,3}){3}\/(1[0-9]|2[0-4])$/);
    }
    expect(new Set(pinned).size).toBe(pinned.length);
    expect(Number.isNaN(Date.parse(CLOUDFLARE_RANGES_DATE))).toBe(false);
  });
});
