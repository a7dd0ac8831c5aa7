import type { IncomingHttpHeaders } from "node:http";

export interface ErrorDocument {
  readonly type: string;
  readonly body: string;
}

/** The codes with which S3 accompanies its statuses. */
const S3_CODES: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "AccessDenied",
  403: "AccessDenied",
  404: "NoSuchKey",
  429: "SlowDown",
  500: "InternalError",
  503: "ServiceUnavailable",
};

/** An error as the asked service would write it: JSON to clients of AWS's JSON protocol, S3's XML to all others. */
export function errorDocument(
  headers: IncomingHttpHeaders,
  status: number,
  code = S3_CODES[status] ?? `Status${status}`,
): ErrorDocument {
  const message = `the drill's gateway answers ${status}`;
  return headers["x-amz-target"] === undefined
    ? {
        type: "application/xml",
        body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
      }
    : { type: "application/x-amz-json-1.1", body: JSON.stringify({ __type: code, message }) };
}
