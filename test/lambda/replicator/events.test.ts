import { describe, expect, it } from "@jest/globals";
import { PROGRESS_KEY } from "../../../contract/state-keys";
import { keysOf, runEvents } from "../../../lambda/replicator/events-driver";
import { StoreError } from "../../../lambda/s3/store-error";
import { optionsFor, stateIn } from "../../support/driver-options";
import { ReplicatedPair } from "../../support/replicated-pair";

const BUCKET = "assets";

describe("the keys of an event", () => {
  const body = (key: unknown, bucket = BUCKET) =>
    JSON.stringify({
      "detail-type": "Object Created",
      detail: { bucket: { name: bucket }, object: { key } },
    });

  it.each([
    ["a.txt", ["a.txt"]],
    ["a b+c.txt", ["a b+c.txt"]],
    // Encoded or not: both readings are looked at.
    ["a%20b/%C3%A4+.txt", ["a%20b/%C3%A4+.txt", "a b/ä+.txt"]],
    ["100%", ["100%"]],
    [".storage-failover/epoch.json", []],
    ["storage-failover-health.txt", []],
    ["storage-failover-health.txt.old", ["storage-failover-health.txt.old"]],
  ])("of %j are %j", (key, keys) => {
    expect(keysOf(body(key), BUCKET)).toEqual(keys);
  });

  it.each(["", "null", "[]", "{", '{"detail":{}}', body(7), body(""), body("a", "other")])(
    "of %j are none that can be trusted",
    (text) => {
      expect(keysOf(text, BUCKET)).toBeUndefined();
    },
  );
});

describe("a batch of events", () => {
  const event = (bodies: Readonly<Record<string, string>>) => ({
    Records: Object.entries(bodies).map(([messageId, key]) => ({
      messageId,
      body: key.startsWith("{")
        ? key
        : JSON.stringify({ detail: { bucket: { name: BUCKET }, object: { key } } }),
    })),
  });
  const returned = ({ answer }: Awaited<ReturnType<typeof runEvents>>) =>
    answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);

  it("brings what was written to the standby, each key once, however often it is named", async () => {
    const pair = new ReplicatedPair();
    pair.write("primary", "a", "1");
    pair.write("primary", "b", "2");

    const run = await runEvents(optionsFor(pair), BUCKET, event({ m1: "a", m2: "a", m3: "b", m4: "gone" }));

    expect([pair.body("secondary", "a"), pair.body("secondary", "b")]).toEqual(["1", "2"]);
    expect(pair.puts).toEqual(["secondary a", "secondary b"]);
    expect(returned(run)).toEqual([]);
    expect(run.report).toMatchObject({ messages: 4, keys: 3, copied: 2, unchanged: 1, returned: 0 });
  });

  it("changes nothing when it comes again, or late", async () => {
    const pair = new ReplicatedPair();
    pair.write("primary", "a", "1");
    pair.write("primary", "a", "2");
    const again = () => runEvents(optionsFor(pair), BUCKET, event({ m1: "a" }));
    await again();
    pair.requests = [];

    const run = await again();

    expect(pair.body("secondary", "a")).toBe("2");
    expect(pair.puts).toEqual([]);
    expect(returned(run)).toEqual([]);
  });

  it("never deletes, and never moves the sync point", async () => {
    const pair = new ReplicatedPair();
    pair.write("primary", "a", "1");
    await pair.run();
    const { syncPoint } = stateIn(pair, "secondary", PROGRESS_KEY);
    pair.delete("primary", "a");

    const run = await runEvents(optionsFor(pair), BUCKET, event({ m1: "a" }));

    expect(pair.body("secondary", "a")).toBe("1");
    expect(returned(run)).toEqual([]);
    expect(stateIn(pair, "secondary", PROGRESS_KEY).syncPoint).toBe(syncPoint);
  });

  it("returns only the messages whose keys failed, and those that are no events", async () => {
    const pair = new ReplicatedPair();
    pair.write("primary", "good", "1");
    pair.write("primary", "bad", "2");
    pair.intercept = (store, operation, key) => {
      if (store === "secondary" && operation === "put" && key === "bad") {
        throw new StoreError("no", { kind: "refused", operation: "PutObject", bucket: "s", key });
      }
    };

    const run = await runEvents(
      optionsFor(pair),
      BUCKET,
      event({ m1: "good", m2: "bad", m3: '{"detail":{}}', m4: "bad" }),
    );

    expect(returned(run)).toEqual(["m2", "m3", "m4"]);
    expect(run.report).toMatchObject({ copied: 1, exceptions: 1, malformed: ["m3"] });
    expect(pair.body("secondary", "good")).toBe("1");
  });

  it("keeps no message for what a person must decide: the sweep reports it", async () => {
    const pair = new ReplicatedPair();
    pair.write("secondary", "a", "theirs");
    pair.write("primary", "a", "ours");

    const run = await runEvents(optionsFor(pair), BUCKET, event({ m1: "a" }));

    expect(pair.body("secondary", "a")).toBe("theirs");
    expect(run.report).toMatchObject({ exceptions: 1, returned: 0 });
  });

  it("returns all of it when it is not safe to go on", async () => {
    const pair = new ReplicatedPair();
    pair.write("primary", "a", "1");
    pair.marker.marker = undefined;

    const run = await runEvents(optionsFor(pair), BUCKET, event({ m1: "a", m2: "b" }));

    expect(returned(run)).toEqual(["m1", "m2"]);
    expect(run.report.reason).toBe("resolvers disagree");
    expect(pair.requests).toEqual([]);
  });

  it("returns the messages that time did not suffice for", async () => {
    const pair = new ReplicatedPair();
    for (const key of ["a", "b", "c"]) pair.write("primary", key, key);
    pair.intercept = (_store, operation) => {
      if (operation === "put") pair.clock.advance(700_000);
    };

    const options = optionsFor(pair, { limits: { smallAtFirst: 1, smallAtMost: 1 } });
    const run = await runEvents(options, BUCKET, event({ m1: "a", m2: "b", m3: "c" }));

    expect(returned(run).length).toBeGreaterThan(0);
    expect(pair.body("secondary", "c")).toBeUndefined();
    expect(returned(run)).toContain("m3");
  });

  describe("about tags", () => {
    const tagEvent = (...keys: readonly string[]) => ({
      Records: keys.map((key, index) => ({
        messageId: `m${index}`,
        body: JSON.stringify({
          "detail-type": "Object Tags Added",
          detail: { bucket: { name: BUCKET }, object: { key } },
        }),
      })),
    });
    const tagsOf = (pair: ReplicatedPair, key: string) => pair.clients.secondary.tags(key);
    const replicated = async () => {
      const pair = new ReplicatedPair();
      pair.write("primary", "a", "1", { metadata: {} }, { state: "draft", team: "x" });
      await pair.run();
      await pair.clients.primary.putTags("a", { state: "final" });
      return pair;
    };

    it("gives the replica the tags that its original has now, and copies nothing", async () => {
      const pair = await replicated();
      pair.requests = [];

      const run = await runEvents(optionsFor(pair), BUCKET, tagEvent("a"));

      expect(await tagsOf(pair, "a")).toEqual({ state: "final" });
      expect(pair.puts).toEqual([]);
      expect(run.report).toMatchObject({ retagged: 1, unchanged: 1, returned: 0 });
      expect((await runEvents(optionsFor(pair), BUCKET, tagEvent("a"))).report.retagged).toBe(0);
    });

    it("takes away tags that the original lost", async () => {
      const pair = await replicated();
      await pair.clients.primary.putTags("a", {});

      await runEvents(optionsFor(pair), BUCKET, tagEvent("a"));

      expect(await tagsOf(pair, "a")).toEqual({});
    });

    it("copies an object that is not there yet, with its tags", async () => {
      const pair = await replicated();
      pair.write("primary", "b", "2", { metadata: {} }, { state: "new" });

      const run = await runEvents(optionsFor(pair), BUCKET, tagEvent("b"));

      expect(await tagsOf(pair, "b")).toEqual({ state: "new" });
      expect(run.report).toMatchObject({ copied: 1, retagged: 0 });
    });

    it("leaves alone what was not made of the tagged object", async () => {
      const pair = await replicated();
      pair.write("secondary", "a", "theirs", { metadata: {} }, { mine: "yes" });

      const run = await runEvents(optionsFor(pair), BUCKET, tagEvent("a"));

      expect(await tagsOf(pair, "a")).toEqual({ mine: "yes" });
      expect(run.report).toMatchObject({ exceptions: 1, retagged: 0, returned: 0 });
    });

    it("touches no tags where an event tells of content only", async () => {
      const pair = await replicated();

      const run = await runEvents(optionsFor(pair), BUCKET, event({ m1: "a" }));

      expect(await tagsOf(pair, "a")).toEqual({ state: "draft", team: "x" });
      expect(run.report.retagged).toBe(0);
    });

    it("comes back when keys and tags together take more time than there is", async () => {
      const pair = await replicated();
      const began = pair.clock.monotonic();
      pair.intercept = (_store, operation, key) => {
        if (operation === "head" && key === "a") pair.clock.advance(300_000);
      };

      const run = await runEvents(optionsFor(pair), BUCKET, tagEvent("a"));

      expect(returned(run)).toEqual(["m0"]);
      expect(run.report.reason).toBe("out of time");
      expect(pair.clock.monotonic() - began).toBe(600_000);
    });

    it("comes back when the tags could not be written", async () => {
      const pair = await replicated();
      pair.intercept = (_store, operation) => {
        if (operation === "putTags") {
          throw new StoreError("no", { kind: "refused", operation: "PutObjectTagging", bucket: "s" });
        }
      };

      const run = await runEvents(optionsFor(pair), BUCKET, tagEvent("a", "gone"));

      expect(returned(run)).toContain("m0");
      expect(run.report.reason).toBe("no");
    });
  });

  it("does nothing while the secondary is active: then the primary's events tell of replication's own copies", async () => {
    const pair = new ReplicatedPair();
    pair.write("primary", "a", "1");
    pair.flip("secondary");

    const run = await runEvents(optionsFor(pair), BUCKET, event({ m1: "a" }));

    expect(returned(run)).toEqual([]);
    expect(pair.requests).toEqual([]);
    expect(run.report.reason).toBe("secondary is active");
  });
});
