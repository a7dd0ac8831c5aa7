/** A thing of the API, as JSON. */
export type Item = Readonly<Record<string, unknown>>;

/** A request as the stand-in sees it. */
export interface ApiRequest {
  /** From 1, in order of arrival. */
  readonly number: number;
  readonly method: string;
  /** Without base and query, as in `/zones/0/load_balancers/1`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Item;
}

/** How a request goes wrong; see `RunningCloudflareApi.setFault`. */
export type ApiFault =
  /** Answered with an error, nothing done: 429 and 5xx. */
  | { readonly kind: "status"; readonly status: number; readonly retryAfterSeconds?: number }
  /** The connection is cut: before anything was done, or when it was done and not yet answered. */
  | { readonly kind: "cut"; readonly when: "before" | "after" }
  /** Never answered; nothing is done. */
  | { readonly kind: "silent" };

/** What the API answers. */
export interface ApiAnswer {
  readonly status: number;
  readonly result: unknown;
  /** Of lists. */
  readonly resultInfo?: Item;
  /** Cloudflare's code and words. */
  readonly error?: { readonly code: number; readonly message: string };
}

export function answered(result: unknown, resultInfo?: Item): ApiAnswer {
  return { status: 200, result, resultInfo };
}

export function refused(status: number, code: number, message: string): ApiAnswer {
  return { status, result: null, error: { code, message } };
}

export function listOf(value: unknown): readonly Item[] {
  return Array.isArray(value) ? value.filter(isItem) : [];
}

export function isItem(value: unknown): value is Item {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A copy in which each text of its own is replaced. */
export function replaced(value: unknown, replacement: (text: string) => string): unknown {
  if (typeof value === "string") return replacement(value);
  if (Array.isArray(value)) return value.map((one) => replaced(one, replacement));
  if (!isItem(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, replaced(one, replacement)]));
}
