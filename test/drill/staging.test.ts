import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { stagingRefusals } from "../../cli/drill/staging-guards";
import { HEALTH_KEY, healthBody } from "../../contract/state-keys";
import { blackoutBetween } from "../../drill/staging/blackout";
import { HealthObject, REPLACED_BODY } from "../../drill/staging/health-object";
import { parseStagingConfig, StagingConfigError } from "../../drill/staging/read-staging-config";
import { StagingFaults } from "../../drill/staging/staging-faults";
import { newStagingJournal, StagingJournalFile } from "../../drill/staging/staging-journal";
import type { ObjectClient } from "../../lambda/s3/object-client";
import { AT, wellObserved } from "../operate/support/observations";
import { InMemoryObjectClient } from "../support/in-memory-object-client";

/** The one that people copy. */
const EXAMPLE = exampleIn(readFileSync(join(__dirname, "..", "..", "docs", "drills.md"), "utf8"));

function exampleIn(document: string): string {
  const [, example = ""] =
    /```yaml\n(# yaml-language-server: \S+staging\/schema\.json\n[^`]*)```/.exec(document) ?? [];
  return example;
}

describe("staging.yaml", () => {
  it("has an example that can be used as it is", () => {
    expect(parseStagingConfig(EXAMPLE, "staging.yaml")).toMatchObject({
      allowedHostnames: ["assets.staging.example.com"],
      reads: { perSecond: 2, timeoutSeconds: 10 },
      abort: { lagSeconds: 900 },
    });
  });

  it.each([
    [
      "a fault that cannot be taken back",
      "kind: pool-disabled",
      "kind: killed",
      /^staging\.yaml:\d+:\d+: faults\.0\.kind: .*"health-object-removed"/,
    ],
    ["an unknown store", "store: secondary", "store: tertiary", /faults\.2\.store: /],
    [
      "a name that it does not know",
      "blindSeconds",
      "blinkSeconds",
      /abort\.blinkSeconds: is not known here$/,
    ],
    ["no host name at all", "[assets.staging.example.com]", "[]", /allowedHostnames: /],
    [
      "an address for a host name",
      "[assets.staging.example.com]",
      "[https://assets.example.com]",
      /allowedHostnames\.0: expected a host name/,
    ],
    ["a time zone that is none", "Europe/Berlin", "Berlin", /blackout\.timeZone: expected a time zone/],
    [
      "a window that is none",
      '"* 8-17 * * MON-FRI"',
      "working hours only",
      /blackout\.windows\.0: .*has 3 fields; cron has five/,
    ],
    ["an hour that is none", "8-17", "8-25", /blackout\.windows\.0: "8-25" is no hour; allowed: .*0 to 23/],
    [
      "a window that ends first",
      "2026-12-18/2027-01-07",
      "2027-01-07/2026-12-18",
      /blackout\.windows\.1: .*ends before it begins/,
    ],
    [
      "a date that is none",
      "2026-12-18/2027-01-07",
      "2026-13-18/2027-01-07",
      /blackout\.windows\.1: "2026-13-18" is no date/,
    ],
    ["a share above all", "share: 0.2", "share: 20", /abort\.failedReads\.share: /],
    ["no YAML", "blackout:", "blackout", /not YAML: /],
  ])("is refused for %s, with the place", (_what, from, to, message) => {
    const text = EXAMPLE.replace(from, to);
    expect(text).not.toBe(EXAMPLE);
    expect(() => parseStagingConfig(text, "staging.yaml")).toThrow(StagingConfigError);
    expect(() => parseStagingConfig(text, "staging.yaml")).toThrow(message);
  });
});

describe("a blackout", () => {
  const berlin = (windows: readonly string[], from: string, minutes = 0) =>
    blackoutBetween(
      { timeZone: "Europe/Berlin", windows },
      new Date(from),
      new Date(Date.parse(from) + minutes * 60_000),
    );
  const WORK = "* 8-17 * * MON-FRI";

  it.each([
    ["in working hours", WORK, "2026-11-23T09:00:00Z", 0, true],
    ["before them, by the clock of that place", WORK, "2026-11-23T06:59:00Z", 0, false],
    ["at their first minute", WORK, "2026-11-23T07:00:00Z", 0, true],
    ["at their last minute", WORK, "2026-11-23T16:59:30Z", 0, true],
    ["after them", WORK, "2026-11-23T17:00:00Z", 0, false],
    ["in summer, when that place is another hour ahead", WORK, "2026-07-20T06:00:00Z", 0, true],
    ["at the weekend", WORK, "2026-11-22T09:00:00Z", 0, false],
    ["before, but it would run into them", WORK, "2026-11-23T06:50:00Z", 20, true],
    ["in an interval of days", "2026-12-18/2027-01-07", "2026-12-17T23:00:00Z", 0, true],
    ["at the end of one, which is free again", "2026-12-18/2027-01-07", "2027-01-06T23:00:00Z", 0, false],
    [
      "in an interval with an offset of its own",
      "2026-11-27T18:00Z/2026-11-28T06:00Z",
      "2026-11-27T18:00:00Z",
      0,
      true,
    ],
    ["before one of those", "2026-11-27T18:00Z/2026-11-28T06:00Z", "2026-11-27T17:59:00Z", 0, false],
    ["on the day or the weekday, as cron has it", "0 0 13 * FRI", "2026-11-12T23:00:00Z", 0, true],
    ["on Sunday by its other number", "*/30 * * * 7", "2026-11-22T10:30:00Z", 0, true],
    ["between the steps", "*/30 * * * 7", "2026-11-22T10:31:00Z", 0, false],
  ])("%s", (_when, window, from, minutes, isOpen) => {
    expect(berlin([window], from, minutes)).toBe(isOpen ? `${window} (Europe/Berlin)` : undefined);
  });

  it("is found however short it is, wherever it lies in a long drill", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 239 }), (minute) => {
        const open = new Date(Date.UTC(2026, 10, 23, 1) + minute * 60_000);
        const window = `${open.getUTCMinutes()} ${open.getUTCHours()} 23 11 *`;
        const from = new Date(Date.UTC(2026, 10, 23, 1));
        const upto = new Date(Date.UTC(2026, 10, 23, 5));
        return blackoutBetween({ timeZone: "UTC", windows: [window] }, from, upto) !== undefined;
      }),
      { seed: 1, numRuns: 100 },
    );
  });
});

describe("what a drill of a deployment begins by", () => {
  const config = parseStagingConfig(
    EXAMPLE.replaceAll(/^ {4}- .*\n/gm, "").replace("windows:", "windows: []"),
    "staging.yaml",
  );
  const situation = {
    config,
    hostname: "assets.staging.example.com",
    observation: wellObserved(),
    lagObjectiveSeconds: 900,
    now: new Date(AT),
    lastsSeconds: 900,
    isFlipUnfinished: false,
  };
  const paused = { active: "primary", writesPaused: true } as const;
  const reasonsOf = (change: Partial<typeof situation>) =>
    stagingRefusals({ ...situation, ...change }).map(({ reason }) => reason);

  it("begins when nothing stands against it", () => {
    expect(reasonsOf({})).toEqual([]);
  });

  it.each([
    [
      "another host name",
      { hostname: "assets.example.com" },
      /^assets\.example\.com is not among allowedHostnames/,
    ],
    [
      "a window that it would run into",
      { config: { ...config, blackout: { timeZone: "UTC", windows: ["10 12 * * *"] } } },
      /up to 15 min, would run into/,
    ],
    [
      "a marker that cannot be read",
      { observation: { ...wellObserved(), marker: { unknown: "no answer" } } },
      /^the marker cannot be read: no answer$/,
    ],
    [
      "an edge that is not known",
      { observation: { ...wellObserved(), edge: { unknown: "set CLOUDFLARE_API_TOKEN" } } },
      /does not say how the edge is: set CLOUDFLARE/,
    ],
    [
      "a standby that is not known",
      { observation: { ...wellObserved(), standby: { unknown: "no key pair" } } },
      /behind is not known: no key pair/,
    ],
    ["a standby that is behind", { lagObjectiveSeconds: 100 }, /180 s behind/],
    ["paused writes", { observation: { ...wellObserved(), marker: { value: paused } } }, /writes=paused/],
    ["an unfinished flip", { isFlipUnfinished: true }, /a flip was begun here/],
  ] as const)("does not begin against %s", (_what, change, reason) => {
    expect(reasonsOf(change as Partial<typeof situation>)).toContainEqual(expect.stringMatching(reason));
  });
});

describe("the health object of a deployment", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "staging-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const deploy = async (body = healthBody("primary")) => {
    const client = new InMemoryObjectClient();
    await put(client, body, { absent: true });
    return client;
  };
  const headers = { contentType: "text/plain", cacheControl: "no-store", metadata: { team: "web" } };
  const put = async (client: ObjectClient, body: string, condition: { absent: true } | { etag: string }) => {
    const bytes = Buffer.from(body);
    const { createHash } = await import("node:crypto");
    const contentMd5 = createHash("md5").update(bytes).digest("base64");
    await client.put(HEALTH_KEY, {
      body: bytes,
      size: bytes.length,
      contentMd5,
      headers,
      tags: { a: "b c" },
      condition,
    });
  };

  it.each(["replace", "remove"] as const)(
    "is put back byte for byte, with headers and tags, after: %s",
    async (how) => {
      const client = await deploy();
      const object = new HealthObject("primary", client);
      const original = await object.keep();
      await object[how](original);
      const broken = await client.head(HEALTH_KEY);
      expect(broken?.size).toBe(how === "remove" ? undefined : REPLACED_BODY.length);

      expect(await object.putBack(original)).toBe("put-back");
      expect(await object.keep()).toEqual(original);
      expect(await client.head(HEALTH_KEY)).toMatchObject({ headers });
      expect(await client.tags(HEALTH_KEY)).toEqual({ a: "b c" });
      expect(await object.putBack(original)).toBe("was-there");
    },
  );

  it("stays as somebody else has made it meanwhile", async () => {
    const client = await deploy();
    const object = new HealthObject("primary", client);
    const original = await object.keep();
    await object.remove(original);
    await put(client, `${healthBody("primary")}, made anew`, { absent: true });
    expect(await object.putBack(original)).toBe("changed-by-others");
    await expect(object.replace(original)).rejects.toThrow("somebody else has changed");
  });

  it("is not touched where it is missing, is another store's, or may not be written", async () => {
    const empty = new InMemoryObjectClient();
    await expect(new HealthObject("primary", empty).keep()).rejects.toThrow(`primary has no ${HEALTH_KEY}`);
    const other = await deploy(healthBody("secondary"));
    await expect(new HealthObject("primary", other).keep()).rejects.toThrow(
      "does not say that it is primary's",
    );
    const readOnly = await deploy();
    readOnly.put = () => Promise.reject(new Error("AccessDenied"));
    await expect(new HealthObject("primary", readOnly).keep()).rejects.toThrow("AccessDenied");
  });

  it("is noted on the disk, for its owner alone, before anything is broken", async () => {
    const client = await deploy();
    const file = new StagingJournalFile(folder);
    const seen: (string | undefined)[] = [];
    const remove = client.delete.bind(client);
    client.delete = async (target) => {
      seen.push((await file.read())?.broken?.original?.bodyBase64);
      return remove(target);
    };
    const deployment = {
      hostname: "a.example.com",
      readersUrl: "https://a.example.com",
      pools: { read: () => Promise.reject(new Error("not asked")), setEnabled: () => Promise.resolve() },
      openStore: () => Promise.resolve(Object.assign(client, { close: () => undefined })),
      lagSeconds: () => Promise.resolve(0),
    };
    const fault = { store: "primary", kind: "health-object-removed", holdSeconds: 0 } as const;
    const faults = new StagingFaults(deployment, file, newStagingJournal("a.example.com", new Date()));
    await faults.break(fault, await faults.prove(fault, new AbortController().signal));
    expect(seen).toEqual([Buffer.from(healthBody("primary")).toString("base64")]);
    expect(statSync(file.path).mode & 0o077).toBe(0);

    // Another process, which knows nothing but the file.
    const journal = await file.read();
    if (journal === undefined) throw new Error("there is no journal");
    await new StagingFaults(deployment, file, journal).mend();
    expect((await file.read())?.broken).toBeUndefined();
    expect((await client.head(HEALTH_KEY))?.size).toBe(healthBody("primary").length);
  });

  it("has to be looked at by a person where the note cannot be understood", async () => {
    const file = new StagingJournalFile(folder);
    writeFileSync(file.path, "{}");
    await expect(file.read()).rejects.toThrow(/look at the pools and the health objects yourself/);
  });
});
