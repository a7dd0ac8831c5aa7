import { createHash, randomBytes } from "node:crypto";
import { Agent, request } from "undici";
import { HEALTH_KEY, healthBody } from "../../contract/state-keys";
import { isStoreName, STORE_NAMES, type StoreName } from "../../contract/stores";
import type { ReadDone } from "../evidence/events";
import { errorLine } from "../machine/caught-error";
import { startOpenLoop } from "../workload/open-loop";
import { readPath } from "../workload/read-object";
import { REPLACED_BODY } from "./health-object";
import type { StagingConfig } from "./staging-config";

export interface StagingReadersSettings {
  readonly url: string;
  readonly hostname: string;
  readonly reads: StagingConfig["reads"];
  /** Between two rounds; each asks for one object and, without a header that tells, for the health object. */
  readonly periodMilliseconds: number;
  readonly timeoutMilliseconds: number;
  readonly clock: () => number;
  readonly emit: (event: ReadDone) => void;
  /** The store whose health object the drill has made void, or has just put back. */
  readonly withoutHealthObject: () => StoreName | undefined;
}

interface Answer {
  readonly status: number;
  readonly etag?: string;
  readonly storeHeader?: string;
  readonly body: Buffer;
}

/** The ETag of an object put in one part is the MD5 of its bytes; any other ETag says nothing about them. */
const MD5_ETAG = /^[0-9a-f]{32}$/;

/**
 * Readers of a deployment, from this machine and through its edge, at a fixed rate. A query that differs with each read
 * keeps caches out: what counts is what the stores answer. S3 ignores parameters that begin with x-, and the droplet all.
 */
export class StagingReaders {
  private readonly agent = new Agent({ keepAliveTimeout: 4000 });
  private readonly underWay = new Set<Promise<void>>();
  private end: () => void = () => undefined;
  private turn = 0;

  constructor(private readonly settings: StagingReadersSettings) {}

  public start(): void {
    const { reads, periodMilliseconds } = this.settings;
    this.end = startOpenLoop(periodMilliseconds, 0, () => {
      this.begin(reads.keys[this.turn++ % reads.keys.length] ?? HEALTH_KEY);
      if (reads.storeHeader === undefined) this.begin(HEALTH_KEY);
    });
  }

  /** Starts no more reads, and waits for those under way. */
  public async stop(): Promise<void> {
    this.end();
    await Promise.all(this.underWay);
    await this.agent.destroy();
  }

  private begin(key: string): void {
    const read = this.read(key).finally(() => this.underWay.delete(read));
    this.underWay.add(read);
  }

  private async read(key: string): Promise<void> {
    const { clock, emit, withoutHealthObject } = this.settings;
    const at = clock();
    const voided = withoutHealthObject();
    try {
      const answer = await this.ask(key);
      // It may have been put back, or made void, while the answer was on its way.
      const judged = judge(key, answer, voided ?? withoutHealthObject());
      // Without its ETag: it could not be held against who wrote what, since that is in no log of a drill's.
      emit({ type: "read", at, end: clock(), key, status: answer.status, ...judged });
    } catch (error) {
      emit({
        type: "read",
        at,
        end: clock(),
        key,
        outcome: "failed",
        reason: `no answer: ${errorLine(error)}`,
      });
    }
  }

  private async ask(key: string): Promise<Answer> {
    const { url, hostname, timeoutMilliseconds, reads } = this.settings;
    const target = new URL(`${readPath(key)}?x-drill=${randomBytes(8).toString("hex")}`, url);
    const { statusCode, headers, body } = await request(target, {
      dispatcher: this.agent,
      signal: AbortSignal.timeout(timeoutMilliseconds),
      headers: { host: hostname, "accept-encoding": "identity", "user-agent": "storage-failover drill" },
    });
    const text = (name: string) => [headers[name] ?? []].flat()[0];
    return {
      status: statusCode,
      etag: text("etag")?.replaceAll(/^W\/|"/g, ""),
      storeHeader: reads.storeHeader === undefined ? undefined : text(reads.storeHeader),
      body: Buffer.from(await body.arrayBuffer()),
    };
  }
}

type Judged = Pick<ReadDone, "store" | "outcome" | "reason">;

function judge(key: string, answer: Answer, voided: StoreName | undefined): Judged {
  const named = isStoreName(answer.storeHeader) ? answer.storeHeader : undefined;
  const { status, etag, body } = answer;
  if (key === HEALTH_KEY) return judgeHealth(answer, voided);
  if (status !== 200) return { store: named, outcome: "failed", reason: `status ${status}` };
  const digest = createHash("md5").update(body).digest("hex");
  if (etag !== undefined && MD5_ETAG.test(etag) && etag !== digest)
    return { store: named, outcome: "failed", reason: `the body has MD5 ${digest}, its ETag says ${etag}` };
  return { store: named, outcome: "ok" };
}

/** The health object tells which store answered; so does its absence from the one that the drill took it from. */
function judgeHealth({ status, body }: Answer, voided: StoreName | undefined): Judged {
  const text = body.toString();
  const store = STORE_NAMES.find((name) => status === 200 && text.includes(healthBody(name)));
  if (store !== undefined) return { store, outcome: "ok" };
  const isVoid = status === 404 || status === 403 || (status === 200 && text === REPLACED_BODY);
  if (voided !== undefined && isVoid)
    return { store: voided, outcome: "ok", reason: "the drill has made its health object void" };
  return { outcome: "failed", reason: status === 200 ? "not what a health object says" : `status ${status}` };
}
