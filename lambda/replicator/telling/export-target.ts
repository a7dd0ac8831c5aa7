import type { RunMetrics } from "../../../contract/metrics";

/** Where figures are sent, and what with. */
export interface ExportTarget {
  /** Base URL. */
  readonly url: string;
  /** Name of the secret with the request's headers, as JSON. Absent: none are sent. */
  readonly headersSecret?: string;
}

export interface ExportRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly metrics: RunMetrics;
  /** The primary's, which names the pair of stores. */
  readonly bucket: string;
  /** Milliseconds after which it is given up. */
  readonly timeoutMilliseconds: number;
}

/** Sends figures; rejects with an `ExportError`, whose message holds nothing that was sent. */
export type SendMetrics = (request: ExportRequest) => Promise<void>;

/** By which an `ExportError` is known wherever it was made. */
export const EXPORT_ERROR = "ExportError";

export class ExportError extends Error {
  public override readonly name = EXPORT_ERROR;
}

/** @throws ExportError unless the text is a JSON object of header names and values */
export function headersFrom(secretName: string, text: string | undefined): Record<string, string> {
  const headers = parse(text);
  const entries = typeof headers === "object" && headers !== null ? Object.entries(headers) : [];
  if (entries.length > 0 && entries.every(([, value]) => typeof value === "string")) {
    return Object.fromEntries(entries) as Record<string, string>;
  }
  throw new ExportError(`secret "${secretName}" holds no headers; expected {"Authorization": "…"}`);
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}
