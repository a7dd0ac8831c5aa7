import { describe, expect, it } from "@jest/globals";
import { STAMP_METADATA_KEY } from "../../../contract/stamp";
import { HEALTH_KEY, STATE_PREFIX } from "../../../contract/state-keys";
import type { ObjectHeaders } from "../../../lambda/s3/object-client";
import { kinds, ReplicatedPair } from "../../support/replicated-pair";

describe("everything travels (rule 11)", () => {
  it("copies all headers, user metadata and tags", async () => {
    const pair = new ReplicatedPair();
    const headers: ObjectHeaders = {
      contentType: "text/css; charset=utf-8",
      cacheControl: "public, max-age=31536000, immutable",
      contentDisposition: "attachment; filename*=UTF-8''%e2%82%ac.css",
      contentEncoding: "gzip",
      contentLanguage: "de-CH, en",
      expires: "0",
      metadata: { author: "somebody", "build-id": "42" },
    };
    pair.write("primary", "a", "a1", headers, { team: "web", "cost centre": "a+b" });
    await pair.run();
    const { [STAMP_METADATA_KEY]: stamp, ...metadata } =
      (await pair.clients.secondary.head("a"))?.headers.metadata ?? {};
    const copied = await pair.clients.secondary.head("a");
    expect(stamp).toBeDefined();
    expect({ ...copied?.headers, metadata }).toEqual(headers);
    expect(await pair.clients.secondary.tags("a")).toEqual({ team: "web", "cost centre": "a+b" });
  });

  it("reports metadata that does not fit with the stamp, and copies none of it", async () => {
    const pair = new ReplicatedPair();
    pair.write("primary", "a", "a1", { metadata: { long: "x".repeat(1950) } });
    expect(kinds(await pair.run())).toEqual(["unsupported a"]);
    expect(pair.body("secondary", "a")).toBeUndefined();
  });

  it("copies an Expires that is no date where the destination keeps it, and reports it where it does not", async () => {
    const pair = new ReplicatedPair();
    pair.write("primary", "a", "a1", { expires: "0", metadata: {} });
    expect((await pair.run()).copied).toBe(1);

    const dropping = new ReplicatedPair();
    const put = dropping.clients.secondary.put.bind(dropping.clients.secondary);
    dropping.clients.secondary.put = (key, request) =>
      put(key, { ...request, headers: { ...request.headers, expires: undefined } });
    dropping.write("primary", "a", "a1", { expires: "0", metadata: {} });
    dropping.write("primary", "b", "b1", { expires: "Sun, 06 Nov 1994 08:49:37 GMT", metadata: {} });
    expect(kinds(await dropping.run())).toEqual(["unsupported a"]);
    expect(dropping.body("secondary", "a")).toBeUndefined();
  });

  it("leaves state and health objects where they are", async () => {
    const pair = new ReplicatedPair();
    pair.write("primary", HEALTH_KEY, "primary");
    pair.write("primary", `${STATE_PREFIX}anything`, "x");
    expect(await pair.run()).toMatchObject({ outcome: "clean", listed: 0, copied: 0 });
    expect(pair.body("secondary", HEALTH_KEY)).toBeUndefined();
  });
});
