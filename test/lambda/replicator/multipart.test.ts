import { describe, expect, it } from "@jest/globals";
import { ReplicatedPair } from "../../support/replicated-pair";

describe("integrity (rule 10)", () => {
  it("copies an object of several parts, and knows it again", async () => {
    const pair = new ReplicatedPair();
    const bytes = Buffer.alloc(3_000_000, "x");
    const part = { content: bytes, size: bytes.length, etag: "0".repeat(32) };
    pair.clock.advance(1000);
    pair.buckets.primary.put("a", { parts: [part], multipart: true, headers: { metadata: {} }, tags: {} });
    expect((await pair.run()).copied).toBe(1);
    expect(await pair.run()).toMatchObject({ copied: 0, unchanged: 1 });
    pair.flip("secondary");
    expect(await pair.run()).toMatchObject({ copied: 0, unchanged: 1 });
  });
});
