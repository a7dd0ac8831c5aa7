import { parseExpectedCodes } from "../core/expected-codes";
import { CONNECT_SECONDS, READ_SECONDS } from "../core/origin-limits";
import { PROBED_BODY_BYTES, type ProbeAnswer } from "../core/probe-outcome";
import type { EdgeMonitor, EdgePool } from "../edge-plan";

/**
 * What an origin does with whoever asks it.
 *
 * - `healthy`: answers at once, with what its monitor expects.
 * - `answering`: answers at once with this status, and with nothing of what the monitor expects in the body.
 * - `wrong-body`: answers 200 at once; the body is not what the monitor expects.
 * - `slow`: as `healthy`, this many seconds later.
 * - `hanging`: takes the connection and never answers.
 * - `cut`: takes the connection and closes it without an answer.
 * - `unreachable`: no connection. `code` says how: 521 refused (the default), 522 packets lost, 523 no route.
 * - `tls-failed`: 526 the certificate is not accepted (the default), 525 the handshake fails.
 * - `dns-failed`: its address has no record.
 */
export type OriginBehaviour =
  | { readonly kind: "healthy" }
  | { readonly kind: "answering"; readonly status: number }
  | { readonly kind: "wrong-body" }
  | { readonly kind: "slow"; readonly seconds: number }
  | { readonly kind: "hanging" }
  | { readonly kind: "cut" }
  | { readonly kind: "unreachable"; readonly code?: 521 | 522 | 523 }
  | { readonly kind: "tls-failed"; readonly code?: 525 | 526 }
  | { readonly kind: "dns-failed" };

export const HEALTHY: OriginBehaviour = { kind: "healthy" };

/** An answer, and plan seconds until it is there. */
export interface ProbeFinding {
  readonly seconds: number;
  readonly answer: ProbeAnswer;
}

/** What one request of the pool's monitor meets. */
export function probeFinding(pool: EdgePool, behaviour: OriginBehaviour): ProbeFinding {
  const { monitor } = pool;
  if (monitor.type === "tcp") return tcpFinding(monitor, behaviour);
  switch (behaviour.kind) {
    case "healthy":
      return atOnce(expectedAnswer(monitor));
    case "answering":
      return atOnce(answered(behaviour.status, ""));
    case "wrong-body":
      return atOnce(answered(200, "something else"));
    case "slow":
      return behaviour.seconds < monitor.timeoutSeconds
        ? { seconds: behaviour.seconds, answer: expectedAnswer(monitor) }
        : timedOut(monitor);
    case "hanging":
      return timedOut(monitor);
    case "tls-failed":
      return monitor.type === "http" || (monitor.allowInsecure === true && behaviour.code !== 525)
        ? atOnce(expectedAnswer(monitor))
        : atOnce(failed("TLS"));
    case "unreachable":
      return behaviour.code === 522 ? timedOut(monitor) : atOnce(failed("connection"));
    case "cut":
      return atOnce(failed("connection cut"));
    case "dns-failed":
      return atOnce(failed("no address"));
  }
}

/** A TCP monitor is content with a connection: it sees nothing of what is wrong above it. */
function tcpFinding(monitor: EdgeMonitor, behaviour: OriginBehaviour): ProbeFinding {
  if (behaviour.kind === "dns-failed") return atOnce(failed("no address"));
  if (behaviour.kind !== "unreachable") return atOnce({ kind: "connected" });
  return behaviour.code === 522 ? timedOut(monitor) : atOnce(failed("connection"));
}

/** What a read meets: the origin's own status, or Cloudflare's code for why there is none. */
export interface ReadFinding {
  readonly seconds: number;
  readonly answered: boolean;
  readonly status: number;
}

/** What one request of the edge's meets, for a reader. */
export function readFinding(behaviour: OriginBehaviour): ReadFinding {
  switch (behaviour.kind) {
    case "healthy":
    case "wrong-body":
      return { answered: true, status: 200, seconds: 0 };
    case "answering":
      return { answered: true, status: behaviour.status, seconds: 0 };
    case "slow":
      return behaviour.seconds < READ_SECONDS
        ? { answered: true, status: 200, seconds: behaviour.seconds }
        : { answered: false, status: 524, seconds: READ_SECONDS };
    case "hanging":
      return { answered: false, status: 524, seconds: READ_SECONDS };
    case "cut":
      return { answered: false, status: 520, seconds: 0 };
    case "unreachable": {
      const status = behaviour.code ?? 521;
      return { answered: false, status, seconds: status === 522 ? CONNECT_SECONDS : 0 };
    }
    case "tls-failed":
      return { answered: false, status: behaviour.code ?? 526, seconds: 0 };
    case "dns-failed":
      return { answered: false, status: 530, seconds: 0 };
  }
}

function atOnce(answer: ProbeAnswer): ProbeFinding {
  return { seconds: 0, answer };
}

function timedOut(monitor: EdgeMonitor): ProbeFinding {
  return { seconds: monitor.timeoutSeconds, answer: { kind: "timed-out" } };
}

function failed(reason: string): ProbeAnswer {
  return { kind: "failed", reason };
}

function expectedAnswer(monitor: EdgeMonitor): ProbeAnswer {
  const [[status] = [200]] = parseExpectedCodes(monitor.expectedCodes) ?? [];
  return answered(status, (monitor.expectedBody ?? "").slice(0, PROBED_BODY_BYTES));
}

function answered(status: number, body: string): ProbeAnswer {
  return { kind: "answered", status, body: Buffer.from(body) };
}
