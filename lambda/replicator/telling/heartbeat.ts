import type { ReadSecret } from "../../s3/secrets-manager";
import type { Clock } from "../clock";
import type { RunReport } from "../report";
import { networkCode, propertyOf } from "./network-code";

/** Seconds after which a call is given up. */
const TIMEOUT_SECONDS = 5;

const PAUSE_MILLISECONDS = 500;

const ATTEMPTS = 2;

/** What is used of the runtime's `fetch`. */
export type Fetch = (
  url: URL,
  request: {
    readonly method: "POST";
    readonly headers: Record<string, string>;
    readonly body: string;
    readonly redirect: "manual";
    readonly signal: AbortSignal;
  },
) => Promise<{ readonly status: number; readonly body: { cancel(): Promise<void> } | null }>;

export interface HeartbeatOptions {
  /** Its text is the URL, which often is all that one needs to report in somebody's name. */
  readonly secretName: string;
  readonly readSecret: ReadSecret;
  readonly clock: Pick<Clock, "sleep">;
  /** @default - the runtime's own */
  readonly fetch?: Fetch;
  /** @default TIMEOUT_SECONDS */
  readonly timeoutSeconds?: number;
}

/** What is told: enough to see from outside which way replication goes, and how far it is. */
export function heartbeatBody({ outcome, source, destination, syncPoint, endedAt, copied }: RunReport) {
  return { outcome, source, destination, syncPoint, endedAt, copied };
}

/** Silence must mean that something is wrong: only a pass that reached the end of all keys, without failures, breaks it. */
export function isHeartbeatDue({ outcome, dryRun }: Pick<RunReport, "outcome" | "dryRun">): boolean {
  return outcome === "clean" && dryRun !== true;
}

/**
 * Calls the URL; never rejects, and never says where it called.
 *
 * @returns undefined when the other side took it; else why not
 */
export async function callHeartbeat(
  report: RunReport,
  options: HeartbeatOptions,
): Promise<string | undefined> {
  const url = await heartbeatUrl(options).catch(() => undefined);
  if (url === undefined) return `secret "${options.secretName}" cannot be read, or holds no https URL`;
  const body = JSON.stringify(heartbeatBody(report));
  for (let attempt = 1; ; attempt += 1) {
    const failure = await attemptCall(url, body, options);
    if (failure === undefined || !failure.mayPass || attempt === ATTEMPTS) return failure?.reason;
    await options.clock.sleep(PAUSE_MILLISECONDS);
  }
}

/** A user and password in the URL would be refused by `fetch`, with a message that repeats them. */
async function heartbeatUrl({ secretName, readSecret }: HeartbeatOptions): Promise<URL | undefined> {
  const text = (await readSecret(secretName))?.trim() ?? "";
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === "https:" && url.username + url.password === "" ? url : undefined;
}

interface CallFailure {
  readonly reason: string;
  /** Whether the same call may succeed when it is made again. */
  readonly mayPass: boolean;
}

async function attemptCall(
  url: URL,
  body: string,
  { fetch: call = fetch, timeoutSeconds = TIMEOUT_SECONDS }: HeartbeatOptions,
): Promise<CallFailure | undefined> {
  try {
    const answer = await call(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
      // Whoever follows one tells the secret to wherever it leads.
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutSeconds * 1000),
    });
    await answer.body?.cancel();
    return failureOf(answer.status);
  } catch (error) {
    return { reason: unreachable(error, timeoutSeconds), mayPass: true };
  }
}

/** What a status means; undefined: it was taken. */
export function failureOf(status: number): CallFailure | undefined {
  if (status >= 200 && status < 300) return undefined;
  if (status >= 300 && status < 400) {
    return { reason: `answered ${status}, a redirect; redirects are not followed`, mayPass: false };
  }
  return { reason: `answered ${status}`, mayPass: status >= 500 || status === 429 || status === 408 };
}

/** In our words: those of the runtime may name the host. */
function unreachable(error: unknown, timeoutSeconds: number): string {
  if (propertyOf(error, "name") === "TimeoutError") return `no answer within ${timeoutSeconds} s`;
  return `could not be reached${networkCode(error)}`;
}
