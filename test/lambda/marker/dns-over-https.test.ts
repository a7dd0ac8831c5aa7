import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "@jest/globals";
import { formatMarker, MarkerFormatError, parseMarker } from "../../../contract/marker";
import { DnsOverHttpsMarker } from "../../../lambda/marker/dns-over-https";
import { MarkerUnreadableError, resolveActiveStore } from "../../../lambda/marker/index";

const servers: Server[] = [];

/** A resolver that gives the same answer to every question, and what it was asked. */
async function resolver(answer: unknown, status = 200): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.accept}`);
    response.writeHead(status, { "content-type": "application/dns-json" });
    response.end(typeof answer === "string" ? answer : JSON.stringify(answer));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/dns-query`, asked };
}

const txt = (...texts: string[]) => ({
  Status: 0,
  Answer: texts.map((data) => ({ name: "_m", type: 16, TTL: 60, data })),
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

describe("the marker", () => {
  it.each([
    { active: "primary", writesPaused: false } as const,
    { active: "secondary", writesPaused: true } as const,
  ])("says the same after it was written and read: %j", (marker) => {
    expect(parseMarker(formatMarker(marker))).toEqual(marker);
  });

  it.each([
    "",
    "primary",
    "active=",
    "active=tertiary",
    "active=primary;",
    "active=primary;writes=maybe",
    "active=primary;writes=paused;x=1",
  ])("is not guessed from %j", (text) => {
    expect(() => parseMarker(text)).toThrow(MarkerFormatError);
  });
});

describe("the marker over HTTPS DNS", () => {
  const read = (...resolvers: string[]) =>
    new DnsOverHttpsMarker({ recordName: "_m.example.com", resolvers }).read();

  it("is what two resolvers agree on, quoted or not", async () => {
    const first = await resolver(txt('"active=secondary;" "writes=paused"'));
    const second = await resolver(txt("active=secondary;writes=paused"));
    expect(await read(first.url, second.url)).toEqual({ active: "secondary", writesPaused: true });
    expect(first.asked).toEqual(["/dns-query?name=_m.example.com&type=TXT application/dns-json"]);
  });

  it("is unreadable when they disagree, and the message says who says what", async () => {
    const first = await resolver(txt('"active=primary"'));
    const second = await resolver(txt('"active=secondary"'));
    const reading = read(first.url, second.url);
    await expect(reading).rejects.toBeInstanceOf(MarkerUnreadableError);
    await expect(reading).rejects.toThrow(/says "active=primary".*says "active=secondary"/);
  });

  it.each([
    ["there is no such name", { Status: 3 }, 200, "no such name"],
    ["the resolver fails", { Status: 2 }, 200, "server failure"],
    [
      "there is no TXT record",
      { Status: 0, Answer: [{ type: 5, data: "elsewhere." }] },
      200,
      "no TXT record",
    ],
    ["there are two records", txt('"active=primary"', '"active=primary"'), 200, "2 TXT records"],
    ["the text is not a marker", txt('"v=spf1 -all"'), 200, "names no store"],
    ["the answer is no JSON", "<html>", 200, "gave no marker"],
    ["the answer is no DNS JSON", {}, 200, "not DNS JSON"],
    ["the status is an error", {}, 502, "HTTP status 502"],
  ])("is unreadable when %s", async (_what, answer, status, message) => {
    const [first, second] = [await resolver(answer, status), await resolver(answer, status)];
    const reading = read(first.url, second.url);
    await expect(reading).rejects.toBeInstanceOf(MarkerUnreadableError);
    await expect(reading).rejects.toThrow(message);
  });

  it("is unreadable when one of the two does not answer", async () => {
    const first = await resolver(txt('"active=primary"'));
    await expect(read(first.url, "http://127.0.0.1:1/")).rejects.toBeInstanceOf(MarkerUnreadableError);
  });

  it.each([
    ["one resolver", ["https://a.example/"]],
    ["the same one twice", ["https://a.example/x", "https://a.example/y"]],
    ["a resolver without TLS", ["https://a.example/", "http://b.example/"]],
  ])("is not read from %s", (_what, resolvers) => {
    expect(() => new DnsOverHttpsMarker({ recordName: "_m", resolvers })).toThrow(RangeError);
  });

  it("tells writers which store is active, by the host name that readers use", async () => {
    const [first, second] = [
      await resolver(txt('"active=primary"')),
      await resolver(txt('"active=primary"')),
    ];
    const marker = await resolveActiveStore({
      hostname: "assets.example.com",
      resolvers: [first.url, second.url],
    });
    expect(marker).toEqual({ active: "primary", writesPaused: false });
    expect(first.asked[0]).toContain("name=_storage-failover.assets.example.com");
  });
});
