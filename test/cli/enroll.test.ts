import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { replicatorKeys } from "../../cli/enroll/droplet";
import {
  type Enrollment,
  EnrollmentError,
  enroll,
  finishRotation,
  rotate,
} from "../../cli/enroll/enrollment";
import { DEFAULT_GRACE_SECONDS } from "../../cli/enroll/grace";
import { fingerprintOf, knownHosts, parseHostKeys, parsePinnedHostKey } from "../../cli/enroll/host-key";
import { InterruptedRotationError } from "../../cli/enroll/interrupted-rotation-error";
import { givenOriginSecrets, nextAfterBoth } from "../../cli/enroll/origin-secret";
import { VaultError } from "../../cli/enroll/pair-vault";
import { shownComplaint } from "../../cli/enroll/shown-complaint";
import { HostKeyError, RemoteCommandError, SshUnreachableError } from "../../cli/enroll/ssh-errors";
import { sshTarget } from "../../cli/enroll/ssh-target";
import { explainFailure } from "../../cli/explain-failure";
import type { StoreCredentials } from "../../contract/credentials";
import { runCommand } from "../support/command-line";
import { outputOf } from "../support/ssh-server/system-program";

/** Where a story goes wrong: the call of that name fails, from then on, before or after it was done. */
interface Failure {
  readonly call: "create" | "list" | "remove" | "read" | "write" | "try";
  /** How many calls of that name go well first. */
  readonly after: number;
  /** Whether the call was carried out although it failed: an answer that got lost. */
  readonly done: boolean;
  /** Whether the service says that it refused it. */
  readonly refused: boolean;
}

/** A droplet and a secret in memory. */
class World {
  public readonly droplet = new Map<string, string>();
  public secret: StoreCredentials | undefined;
  public interrupt = new AbortController();
  private made = 0;
  private readonly calls = new Map<string, number>();

  constructor(public failure?: Failure) {}

  public context(): Enrollment {
    return {
      keys: {
        create: () => this.call("create", () => this.create()),
        list: () => this.call("list", () => [...this.droplet.keys()]),
        remove: (id) => this.call("remove", () => void this.droplet.delete(id)),
      },
      vault: {
        read: () => this.call("read", () => this.secret),
        write: (pair) =>
          this.call("write", () => {
            const change = this.secret === undefined ? "created" : "updated";
            this.secret = pair;
            return change;
          }),
        close: () => undefined,
      },
      tryPair: (pair) => this.call("try", () => (this.accepts(pair) ? "works" : "refused")),
      steps: { begin: () => ({ done: () => undefined, update: () => undefined }), note: () => undefined },
      signal: this.interrupt.signal,
    };
  }

  public accepts(pair: StoreCredentials): boolean {
    return this.droplet.get(pair.accessKeyId) === pair.secretAccessKey;
  }

  public create(): StoreCredentials {
    this.made += 1;
    const pair = { accessKeyId: `replicator-${this.made}`, secretAccessKey: `secret of ${this.made}` };
    this.droplet.set(pair.accessKeyId, pair.secretAccessKey);
    return pair;
  }

  private async call<T>(name: Failure["call"], act: () => T): Promise<T> {
    const count = this.calls.get(name) ?? 0;
    this.calls.set(name, count + 1);
    const { failure } = this;
    const fails = failure?.call === name && count >= failure.after;
    if (!fails) return act();
    if (failure.done) act();
    throw new VaultError(`${name} failed`, failure.refused && !failure.done);
  }
}

const FAILURES = fc.record<Failure>({
  call: fc.constantFrom("create", "list", "remove", "read", "write", "try"),
  after: fc.integer({ min: 0, max: 3 }),
  done: fc.boolean(),
  refused: fc.boolean(),
});

describe("an enrolment", () => {
  it("that fails anywhere never takes away what the functions use, and the next one ends well", async () => {
    const story = fc.asyncProperty(
      FAILURES,
      fc.boolean(),
      fc.constantFrom("enroll", "again", "rotate"),
      async (failure, enrolled, command) => {
        const world = new World();
        world.droplet.set("somebody-else", "not of the replicator");
        if (enrolled) world.secret = world.create();
        world.failure = failure;
        const run = () =>
          command === "rotate" && enrolled
            ? rotate(world.context(), 0)
            : enroll(world.context(), command === "again");

        await run().catch(() => undefined);

        if (world.secret !== undefined) expect(world.accepts(world.secret)).toBe(true);
        if (enrolled) expect(world.secret).toBeDefined();
        world.failure = undefined;
        const end = await run();
        expect(world.secret).toBeDefined();
        const used = world.secret?.accessKeyId ?? "";
        expect(world.droplet.has(used)).toBe(true);
        expect(world.droplet.size).toBe(2 + end.left);
        await finishRotation(world.context());
        expect([...world.droplet.keys()].toSorted()).toEqual([used, "somebody-else"]);
      },
    );
    await fc.assert(story, { seed: 5, numRuns: 400 });
  });

  it("whose write is refused leaves no key behind, and one whose write is in doubt leaves both", async () => {
    const refused = new World({ call: "write", after: 0, done: false, refused: true });
    await expect(enroll(refused.context(), false)).rejects.toThrow("write failed");
    expect(refused.droplet.size).toBe(0);

    const doubtful = new World();
    doubtful.secret = doubtful.create();
    const { vault, ...rest } = doubtful.context();
    let reads = 0;
    const cut: Enrollment = {
      ...rest,
      vault: {
        ...vault,
        read: () => {
          reads += 1;
          return reads > 1 ? Promise.reject(new VaultError("read failed", false)) : vault.read();
        },
        write: () => Promise.reject(new VaultError("write failed", false)),
      },
    };
    await expect(rotate(cut, 0)).rejects.toThrow(
      /not known whether the secret holds the new key pair.*both valid/,
    );
    expect(doubtful.droplet.size).toBe(2);
  });

  it("beside another one removes nothing that the other has written", async () => {
    const world = new World();
    world.secret = world.create();
    const context = world.context();
    const other = () => {
      world.secret = world.create();
    };
    const interfered: Enrollment = {
      ...context,
      keys: {
        ...context.keys,
        list: async () => {
          const ids = await context.keys.list();
          other();
          return ids;
        },
      },
    };
    await expect(rotate(interfered, 0)).rejects.toThrow(EnrollmentError);
    expect(world.secret && world.accepts(world.secret)).toBe(true);
    expect(world.droplet.size).toBe(3);
  });

  it("is taken back when it is interrupted before the secret is written, and told of when it is later", async () => {
    const world = new World();
    const { tryPair, ...rest } = world.context();
    const early: Enrollment = {
      ...rest,
      tryPair: (pair) => {
        world.interrupt.abort(new Error("interrupted"));
        return tryPair(pair);
      },
    };
    await expect(enroll(early, false)).rejects.toThrow("interrupted");
    expect([world.secret, world.droplet.size]).toEqual([undefined, 0]);

    world.interrupt = new AbortController();
    await enroll(world.context(), false);
    const rotating = rotate(world.context(), 60);
    setTimeout(() => world.interrupt.abort(), 50);
    await expect(rotating).rejects.toBeInstanceOf(InterruptedRotationError);
    expect(world.droplet.size).toBe(2);
  });

  it("gives functions as long as they keep a pair, and one more attempt", () => {
    const source = readFileSync(join(__dirname, "../../lambda/s3/secret-credentials.ts"), "utf8");
    expect(source).toContain("LIFETIME_MILLISECONDS = 5 * 60_000");
    expect(source).toContain("RETRY_MILLISECONDS = 30_000");
    expect(DEFAULT_GRACE_SECONDS).toBeGreaterThanOrEqual(5 * 60 + 30 + 30);
  });
});

describe("a host key", () => {
  let folder: string;
  let line: string;
  let fingerprint: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "host-key-test-"));
    const file = join(folder, "key");
    outputOf("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "a comment", "-f", file]);
    line = readFileSync(`${file}.pub`, "utf8").trim();
    fingerprint = outputOf("ssh-keygen", ["-lf", file]).split(" ")[1] ?? "";
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("has the fingerprint that ssh-keygen tells", () => {
    expect(parseHostKeys(line).map(fingerprintOf)).toEqual([fingerprint]);
    expect(parsePinnedHostKey(` ${fingerprint}\n`)).toEqual({ kind: "fingerprint", fingerprint });
  });

  it("is found in every form of line, and never in one that revokes it", () => {
    const [type = "", blob = ""] = line.split(" ");
    const keys = [{ type, blob }];
    const forms = [
      line,
      `host.example.com ${line}`,
      `[192.0.2.1]:2222,other ${line}`,
      `|1|c2FsdA==|aGFzaA== ${line}`,
    ];
    for (const form of forms) expect(parsePinnedHostKey(form)).toEqual({ kind: "keys", keys });
    expect(parsePinnedHostKey(`# a note\n\nhost ${line}\n@revoked * ${line}`)).toEqual({
      kind: "keys",
      keys,
    });
    for (const none of [
      `@revoked * ${line}`,
      `@cert-authority * ${line}`,
      `# ${line}`,
      "",
      "SHA256:short",
      `${type} x`,
    ]) {
      expect(parsePinnedHostKey(none)).toBeUndefined();
    }
    expect(knownHosts(keys)).toBe(`storage-failover-droplet ${type} ${blob}\n`);
  });
});

describe("what goes to other programs", () => {
  const reach = { user: "root" };

  it.each(["-oProxyCommand=sh", "a b", "a;b", "$(id)", "", "a/b", "ä"])("is no host called %j", (host) => {
    expect(() => sshTarget({ ...reach, host }, host, {})).toThrow(/is no host name or address/);
  });

  it.each(["-l", "a b", "", "root;id"])("is no user called %j", (user) => {
    expect(() => sshTarget({ user }, "assets-origin.example.com", {})).toThrow(/is no user name/);
  });

  it("is the store's own host unless another is named", () => {
    expect(sshTarget(reach, "assets-origin.example.com", {}).host).toBe("assets-origin.example.com");
    expect(sshTarget({ ...reach, host: "[2001:db8::1]" }, "x", {}).host).toBe("2001:db8::1");
  });

  it("holds no id: what is to be removed is told on the way that nobody sees", async () => {
    const runs: (readonly [string, string | undefined])[] = [];
    const keys = replicatorKeys({
      run: (_, command, input) => {
        runs.push([command, input]);
        return Promise.resolve("");
      },
    });
    await keys.remove("replicator-1");
    expect(runs).toEqual([[expect.not.stringContaining("replicator-1"), "replicator-1\n"]]);
    expect(await keys.list()).toEqual([]);
  });

  it.each([
    "{}",
    "[]",
    "null",
    "",
    '{"accessKeyId":"a b","secretAccessKey":"CANARY-secret"}',
    '{"accessKeyId":"replicator-1","secretAccessKey":7}',
    'note\n{"accessKeyId":"replicator-1","secretAccessKey":"CANARY-secret"}',
  ])("is not taken for a pair when it answers %j, nor repeated", async (out) => {
    const failure = await replicatorKeys({ run: () => Promise.resolve(out) })
      .create()
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RemoteCommandError);
    expect(String(failure)).not.toContain("CANARY");
  });
});

describe("what a remote program complains of", () => {
  it("is shown without anything that it was told, that it answered, or that looks like a key", () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9+/=_~-]{16,64}$/);
    const shown = fc.property(secret, secret, secret, (sent, answered, unknown) => {
      const complaint = `mc: user ${answered} with '${sent}' is wrong\r\n\u001b[31mkey: ${"a".repeat(20)}${unknown}\n`;
      const text = shownComplaint(complaint, [`${sent}\n`, `{"a":"${answered}"}`]);
      expect(text).toMatch(/^mc: user … with '…' is wrong; \[31mkey: …/);
      expect(text.includes(sent) || text.includes(answered)).toBe(false);
    });
    fc.assert(shown, { seed: 5, numRuns: 200 });
  });

  it("stays readable", () => {
    expect(
      shownComplaint("first\nsecond\n\n  cannot read /opt/storage-failover/x: no such file \n", []),
    ).toBe("second; cannot read /opt/storage-failover/x: no such file");
  });
});

describe("origin secrets", () => {
  const [fresh, old] = ["CANARY-of-the-new-one", "CANARY-of-the-old-one"];

  it("come in the order in which they replace each other", () => {
    const both = { TF_VAR_origin_secret: fresh, TF_VAR_previous_origin_secret: old };
    expect(givenOriginSecrets(both, 2)).toEqual([fresh, old]);
    expect(givenOriginSecrets(both, 1)).toEqual([fresh]);
    expect(givenOriginSecrets({ TF_VAR_origin_secret: fresh }, undefined)).toEqual([fresh]);
  });

  it.each([
    [{}, 1, /^TF_VAR_origin_secret is not set$/],
    [{ TF_VAR_origin_secret: fresh }, 2, /^TF_VAR_previous_origin_secret is not set$/],
    [{ TF_VAR_origin_secret: fresh, TF_VAR_previous_origin_secret: fresh }, 2, /are the same/],
    [{ TF_VAR_origin_secret: "CANARY-with a-space" }, 1, /cannot be an origin secret/],
    [{ TF_VAR_origin_secret: "CANARY-two\nlines-of-it" }, 1, /cannot be an origin secret/],
    [{ TF_VAR_origin_secret: "CANARY" }, 1, /16 to 256 letters/],
  ] as const)("are refused without being repeated: %j", (environment, count, why) => {
    const refused = () => givenOriginSecrets(environment, count);
    expect(refused).toThrow(why);
    expect(refused).not.toThrow(/CANARY/);
  });
});

describe("what follows on a new origin secret", () => {
  /** What is deployed, set and run, in order. */
  const doings = (text: string) =>
    text.match(/deploy [\w-]+|\bunset\b|[Rr]emove `?acceptPreviousOriginSecret|--origin-secret --finish/g);

  it("is told in the order of the guide, in which both stores always accept what the edge sends", () => {
    const told = doings(nextAfterBoth(""));
    expect(told).toEqual([
      "deploy primary",
      "deploy edge",
      "Remove acceptPreviousOriginSecret",
      "unset",
      "deploy primary",
      "--origin-secret --finish",
    ]);
    for (const [page, heading] of [
      ["docs/secrets.md", "## The origin secret"],
      ["docs/command-line.md", "**The origin secret.**"],
    ] as const) {
      const text = readFileSync(page, "utf8");
      const begin = text.indexOf(heading);
      const section = text.slice(begin, text.indexOf("\n4.", begin) + 400);
      const plain = (list: readonly string[] | null) =>
        list?.map((one) => one.replace("`", "").toLowerCase());
      expect(plain(doings(section))?.slice(0, told?.length)).toEqual(plain(told));
      // Before all of it.
      expect(section.indexOf("acceptPreviousOriginSecret: true")).toBeGreaterThan(0);
      expect(section.indexOf("acceptPreviousOriginSecret: true")).toBeLessThan(
        section.indexOf("deploy primary"),
      );
    }
    expect(nextAfterBoth("")).toMatch(/acceptPreviousOriginSecret: true.*?deploy primary/s);
  });

  it("names the stacks as they are deployed", () => {
    expect(nextAfterBoth("images")).toMatch(
      /deploy images-primary\n.*deploy images-edge\n.*--finish --host-key SHA256:… --stack-prefix images$/s,
    );
  });
});

describe("the commands", () => {
  it("say what is missing or cannot be meant, before anything is asked of anybody", async () => {
    const [unnamed, option, key] = await Promise.all([
      runCommand(["enroll", "--store", "https://minio.example.com/assets"]),
      runCommand(["rotate", "--keep-old", "--finish"]),
      runCommand([
        ...["enroll", "--store", "https://minio.example.com/assets", "--secret", "s"],
        ...["--host-key", "SHA256:nothing"],
      ]),
    ]);
    expect(unnamed).toMatchObject({ code: 2, out: "" });
    expect(unnamed.error).toContain("--secret is missing");
    expect(option).toMatchObject({ code: 2, out: "" });
    expect(key).toMatchObject({ code: 2, out: "" });
    expect(key.error).toContain("--host-key is no host key");
  });

  it.each([
    [new SshUnreachableError("no way"), 3],
    [new VaultError("refused", true), 3],
    [new HostKeyError("another"), 1],
    [new RemoteCommandError("failed"), 1],
    [new EnrollmentError("half way"), 1],
  ])("end with a code that tells %s apart", (error, exitCode) => {
    expect(explainFailure(error, false)).toEqual({ message: `error: ${error.message}`, exitCode });
  });
});
