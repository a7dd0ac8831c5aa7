import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { close, listen } from "../../drill/machine/loopback-server";

/**
 * How a server answers that repeats what it was sent, and more than it should know.
 *
 * - a status: with that one, every header in every spelling, wherever an answer has room for text.
 * - `signature`: as AWS does when a signature is wrong, with the canonical request, in which session tokens stand.
 * - `malformed`: a document that breaks off in the middle of what was sent.
 */
export type Nastiness = number | "signature" | "malformed";

export interface NastyStore {
  readonly url: string;
  /** Requests so far. */
  readonly asked: () => number;
  /** From now on. */
  answerWith(nastiness: Nastiness): void;
  stop(): Promise<void>;
}

/** @param secretOf - the secrets of those whom it serves, by access key id: a server that keeps key pairs knows them too */
export async function startNastyStore(secretOf: Readonly<Record<string, string>>): Promise<NastyStore> {
  let asked = 0;
  let nastiness: Nastiness = 403;
  const server = createServer((request, response) => {
    asked += 1;
    text(request).then(
      () => answer(nastiness, knownOf(request, secretOf), request, response),
      () => response.destroy(),
    );
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    asked: () => asked,
    answerWith: (how) => {
      nastiness = how;
    },
    stop: () => close(server),
  };
}

function knownOf({ headers }: IncomingMessage, secretOf: Readonly<Record<string, string>>): Known {
  const [, id = ""] = /Credential=([^/]+)/.exec(headers.authorization ?? "") ?? [];
  return { secret: secretOf[id], sessionToken: headers["x-amz-security-token"]?.toString() };
}

interface Known {
  readonly secret: string | undefined;
  readonly sessionToken: string | undefined;
}

function answer(
  nastiness: Nastiness,
  { secret = "", sessionToken = "" }: Known,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (nastiness === "signature") {
    response.writeHead(403, { "content-type": "application/xml" }).end(wrongSignature(request));
    return;
  }
  const said = escaped(everySpelling([secret, sessionToken, JSON.stringify(request.headers)]));
  if (nastiness === "malformed") {
    response.writeHead(200, { "content-type": "application/xml" });
    response.end(`<${sessionToken}><Status>${said}</Status><Name>${said}`);
    return;
  }
  response.writeHead(nastiness, {
    "content-type": "application/xml",
    date: new Date().toUTCString(),
    etag: `"${sessionToken}"`,
    "last-modified": sessionToken,
    "x-amz-request-id": sessionToken,
    "x-amz-id-2": sessionToken,
    "x-amz-version-id": sessionToken,
    "x-amz-meta-said": sessionToken,
  });
  // A listing, a configuration and an error in one: whoever looks for a name finds it, with something nasty in it.
  const fields = [
    "Code",
    "Message",
    "RequestId",
    "HostId",
    "Status",
    "IsTruncated",
    "UploadId",
    "Key",
    "ETag",
  ];
  const content = fields.map((name) => `<${name}>${said}</${name}>`).join("");
  const root = rootOf(nastiness, request);
  response.end(`<?xml version="1.0"?><${root}>${content}</${root}>`);
}

function rootOf(status: number, { url = "" }: IncomingMessage): string {
  if (status >= 300) return "Error";
  if (url.includes("versioning")) return "VersioningConfiguration";
  if (url.includes("versions")) return "ListVersionsResult";
  return "ListBucketResult";
}

function everySpelling(texts: readonly string[]): string {
  return texts
    .flatMap((one) => [
      one,
      encodeURIComponent(one),
      Buffer.from(one).toString("base64"),
      Buffer.from(one).toString("base64url"),
      Buffer.from(one).toString("hex"),
      Buffer.from(one).toString("hex").toUpperCase(),
    ])
    .join(" ");
}

function wrongSignature({ method, url, headers }: IncomingMessage): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${String(value)}`);
  const canonical = `${method}\n${url}\n\n${lines.join("\n")}`;
  const bytes = Buffer.from(canonical).toString("hex").replace(/../g, "$& ");
  return `<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>SignatureDoesNotMatch</Code><Message>The request signature we calculated does not match the signature you provided. Check your key and signing method.</Message><AWSAccessKeyId>canary</AWSAccessKeyId><StringToSign>${escaped(canonical)}</StringToSign><SignatureProvided>${escaped(headers.authorization ?? "")}</SignatureProvided><StringToSignBytes>${bytes}</StringToSignBytes><CanonicalRequest>${escaped(canonical)}</CanonicalRequest><CanonicalRequestBytes>${bytes}</CanonicalRequestBytes><RequestId>1</RequestId><HostId>2</HostId></Error>`;
}

function escaped(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
