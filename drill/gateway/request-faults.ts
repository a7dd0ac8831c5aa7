import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { HEALTH_KEY } from "../../contract/state-keys";
import { monotonicMilliseconds } from "../machine/clock";
import { seededRandom } from "../workload/seeded-random";
import { cutExchange } from "./cut-exchange";
import { errorDocument } from "./error-document";
import { ask, passAnswer, rewriteAnswer, type Way } from "./forward";
import type { GatewayMode, GatewayModeKind } from "./gateway-mode";
import { refusesSignature, skewDocument, skewHeaders } from "./skewed-answer";
import { TokenBucket } from "./token-bucket";

/** What an answer takes at least where too many ask at once. */
const CROWDED_MILLISECONDS = 20;

/** What befalls one request. */
export type RequestFault = (way: Way) => void;

/** Modes that need requests, not only connections. */
type RequestModeKind = Exclude<GatewayModeKind, "pass">;

type ModeOf<Kind extends GatewayModeKind> = Extract<GatewayMode, { readonly kind: Kind }>;

/** Each makes the fault anew when its mode begins: what it remembers ends with the mode. */
const FAULTS: { readonly [Kind in RequestModeKind]: (mode: ModeOf<Kind>) => RequestFault } = {
  answers: ({ status }) => {
    return ({ incoming, outgoing }) => refuse(incoming, outgoing, status);
  },

  hangs: () => (way) => void way.incoming.resume(),

  slow: ({ seconds }) => {
    return (way) => passLate(way, seconds * 1000);
  },

  throttled: ({ requestsPerSecond }) => {
    const bucket = new TokenBucket(requestsPerSecond);
    return (way) => {
      if (bucket.take(monotonicMilliseconds() / 1000)) pass(way);
      else refuse(way.incoming, way.outgoing, 503, "SlowDown");
    };
  },

  crowded: ({ requestsAtOnce }) => {
    let underWay = 0;
    return (way) => {
      if (underWay >= requestsAtOnce) {
        refuse(way.incoming, way.outgoing, 503, "SlowDown");
        return;
      }
      underWay += 1;
      way.outgoing.once("close", () => {
        underWay -= 1;
      });
      passLate(way, CROWDED_MILLISECONDS);
    };
  },

  "wrong-health-body": () => (way) => {
    if (!asksForHealth(way.incoming)) pass(way);
    else ask(way, (answer) => void rewriteAnswer(way.outgoing, answer, answer.rawHeaders, WRONG_BODY));
  },

  "data-path-broken": () => (way) => {
    if (asksForHealth(way.incoming)) pass(way);
    else refuse(way.incoming, way.outgoing, 500);
  },

  "clock-skewed": ({ minutes }) => {
    const text = { type: /xml/, rewrite: (document: string) => skewDocument(document, minutes) };
    return (way) => {
      const signed = way.incoming.headers.authorization !== undefined;
      if (signed && refusesSignature(minutes)) {
        refuse(way.incoming, way.outgoing, 403, "RequestTimeTooSkewed");
      } else {
        ask(way, (answer) => {
          const headers = skewHeaders(answer.rawHeaders, minutes);
          void rewriteAnswer(way.outgoing, answer, headers, asksForListing(way.incoming) ? text : undefined);
        });
      }
    };
  },

  cut: ({ share, seed }) => {
    const random = seededRandom(seed);
    return (way) => (random.fraction() < share ? cutExchange(way) : pass(way));
  },

  disagrees: () => (way) => {
    ask(way, (answer) => void rewriteAnswer(way.outgoing, answer, answer.rawHeaders, OTHER_STORE));
  },
};

const WRONG_BODY = { type: /^/, rewrite: () => "this is another server's page" };

const OTHER_STORE = {
  type: /json/,
  rewrite: (text: string) =>
    text.replace(/active=(primary|secondary)/g, (_whole, active: string) =>
      active === "primary" ? "active=secondary" : "active=primary",
    ),
};

export function requestFault(mode: GatewayMode): RequestFault {
  if (mode.kind === "pass") return pass;
  // The table's type holds that a kind's entry takes a mode of this kind, which the compiler cannot follow here.
  const make = FAULTS[mode.kind] as (mode: GatewayMode) => RequestFault;
  return make(mode);
}

function pass(way: Way): void {
  ask(way, (answer) => passAnswer(way.outgoing, answer));
}

function passLate(way: Way, milliseconds: number): void {
  ask(way, (answer) => void delay(milliseconds).then(() => passAnswer(way.outgoing, answer)));
}

/** By path or by host, with a bucket before the key or without. */
function asksForHealth({ url = "" }: IncomingMessage): boolean {
  return url.split("?", 1)[0]?.endsWith(`/${HEALTH_KEY}`) === true;
}

/** Objects may be XML as well, and are nobody's to rewrite. */
function asksForListing({ url = "" }: IncomingMessage): boolean {
  const query = new URLSearchParams(url.split("?")[1] ?? "");
  return LISTINGS.some((name) => query.has(name));
}

const LISTINGS = ["list-type", "versions", "uploads", "uploadId"] as const;

function refuse(incoming: IncomingMessage, outgoing: ServerResponse, status: number, code?: string): void {
  const { type, body } = errorDocument(incoming.headers, status, code);
  // The request is read to its end first: closing a connection with unread bytes resets it, answer and all.
  incoming.resume();
  incoming.once("end", () => {
    outgoing.writeHead(status, {
      connection: "close",
      "content-type": type,
      "content-length": Buffer.byteLength(body),
    });
    outgoing.end(incoming.method === "HEAD" ? undefined : body);
  });
}
