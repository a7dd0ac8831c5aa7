import { setTimeout } from "node:timers/promises";
import { APIConnectionError, APIError } from "cloudflare/error";
import { BaseRecords } from "cloudflare/resources/dns/records";
import { BaseLoadBalancers } from "cloudflare/resources/load-balancers/load-balancers";
import { BaseHealth } from "cloudflare/resources/load-balancers/pools/health";
import { BasePools } from "cloudflare/resources/load-balancers/pools/pools";
import { BaseTokens } from "cloudflare/resources/user/tokens/tokens";
import { BaseZones } from "cloudflare/resources/zones/zones";
import { createClient } from "cloudflare/tree-shakable";
import { cloudflarePermissionFor } from "../../contract/cloudflare-permissions";
import { reasonOf } from "../observe/ask";
import { CloudflareRefusedError, CloudflareUnreachableError, refusalText } from "./cloudflare-errors";

/** Seconds for one attempt. */
const ATTEMPT_SECONDS = 10;

/** Attempts after the first, of what answers 429 or 5xx or not at all. */
const RETRIES = 4;

/** Seconds for one request with all its attempts, and for as long as Cloudflare asks to wait in between. */
const BUDGET_SECONDS = 60;

const CLOUDFLARE_API = "https://api.cloudflare.com/client/v4";

/** The variables that the npm client and the Terraform provider read, too. */
export const CLOUDFLARE_TOKEN_VARIABLE = "CLOUDFLARE_API_TOKEN";
export const CLOUDFLARE_BASE_URL_VARIABLE = "CLOUDFLARE_BASE_URL";

export interface CloudflareApiSettings {
  readonly token: string;
  /** @default - Cloudflare's */
  readonly baseUrl?: string;
  /** @default 10 */
  readonly attemptSeconds?: number;
  /** @default 60 */
  readonly budgetSeconds?: number;
}

/** What of Cloudflare's API an edge is observed and flipped by. */
export type CloudflareClient = ReturnType<typeof openClient>;

/** Handed to a call of the client. */
interface CallOptions {
  readonly signal: AbortSignal;
}

/** The maintained client, with a limit of time for each request and errors of two kinds. */
export class CloudflareApi {
  private readonly client: CloudflareClient;
  private readonly budgetSeconds: number;

  /** @throws RangeError for a base URL to which nobody should send a token */
  constructor(settings: CloudflareApiSettings) {
    this.client = openClient(settings);
    this.budgetSeconds = settings.budgetSeconds ?? BUDGET_SECONDS;
  }

  /**
   * Asks, and again where that may help.
   *
   * @param request - method and path, for messages and to tell which permission is missing
   * @throws CloudflareUnreachableError, CloudflareRefusedError; the signal's reason when it ends
   */
  public async ask<T>(
    request: `${"GET" | "PATCH"} /${string}`,
    call: (client: CloudflareClient, options: CallOptions) => PromiseLike<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const ends = performance.now() + this.budgetSeconds * 1000;
    for (let attempt = 0; ; attempt++) {
      try {
        // A signal of its own: the client leaves a listener on it with each call.
        return await call(this.client, { signal: AbortSignal.any([signal]) });
      } catch (error) {
        signal.throwIfAborted();
        const explanation = explained(request, error);
        const pause = retryAfter(error) ?? backoff(attempt);
        const isPassing = explanation instanceof CloudflareUnreachableError && attempt < RETRIES;
        if (!isPassing || performance.now() + pause > ends) throw explanation;
        await wait(pause, signal);
      }
    }
  }
}

/** Not by the client's own retries: those wait for as long as Cloudflare asks, and nothing can end that. */
async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await setTimeout(milliseconds, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/** Milliseconds: half a second at first, twice as long each time, and less by chance, so that not all come back at once. */
function backoff(attempt: number): number {
  return 500 * 2 ** attempt * (1 - Math.random() / 4);
}

/** Milliseconds, where the answer asks for a time. */
function retryAfter(error: unknown): number | undefined {
  const asked = error instanceof APIError ? error.headers?.get("retry-after") : undefined;
  const seconds = Number(asked ?? Number.NaN);
  return seconds >= 0 ? seconds * 1000 : undefined;
}

function openClient({ token, baseUrl, attemptSeconds = ATTEMPT_SECONDS }: CloudflareApiSettings) {
  return createClient({
    resources: [BaseZones, BaseRecords, BaseLoadBalancers, BasePools, BaseHealth, BaseTokens],
    apiToken: token,
    // Other ways to authenticate, which the client would take from the environment.
    apiKey: null,
    apiEmail: null,
    userServiceKey: null,
    baseURL: safeBaseUrl(baseUrl ?? CLOUDFLARE_API),
    timeout: attemptSeconds * 1000,
    maxRetries: 0,
    // It would write to the console what is told by errors.
    logLevel: "off",
  });
}

/** A token goes over TLS, or nowhere beyond this machine. */
function safeBaseUrl(text: string): string {
  const url = new URL(text);
  if (url.protocol === "https:" || isOnThisMachine(url)) return text;
  throw new RangeError(
    `${CLOUDFLARE_BASE_URL_VARIABLE} "${text}" is not https: the token could be read on the way`,
  );
}

export function isOnThisMachine({ hostname }: URL): boolean {
  return hostname === "127.0.0.1" || hostname === "localhost";
}

function explained(request: string, error: unknown): Error {
  if (!(error instanceof APIError) || error instanceof APIConnectionError || error.status === undefined) {
    return new CloudflareUnreachableError(
      `Cloudflare's API could not be reached: ${reasonOf(rootOf(error))}`,
      {
        cause: error,
      },
    );
  }
  const status = Number(error.status);
  const said = saidBy(error);
  if (status === 429 || status >= 500) {
    return new CloudflareUnreachableError(`Cloudflare's API answers ${request} with ${status}: ${said}`, {
      cause: error,
    });
  }
  const [method = "", path = ""] = request.split(" ");
  const missing = status === 401 || status === 403 ? cloudflarePermissionFor(method, path) : undefined;
  return new CloudflareRefusedError(refusalText(request, status, said, missing), status, missing, {
    cause: error,
  });
}

/** As in `Authentication error (10000)`. */
function saidBy(error: APIError): string {
  const told = (error.errors ?? []).map(({ code, message }) => `${message} (${code})`);
  return told.length > 0 ? told.join("; ") : "no reason given";
}

function rootOf(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof Error ? rootOf(error.cause) : error;
}
