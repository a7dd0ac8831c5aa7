import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import { inspect } from "node:util";
import { describe, expect, it } from "@jest/globals";
import { SignatureV4 } from "@smithy/signature-v4";
import fc from "fast-check";
import type { Credentials } from "../../../lambda/s3/credentials-source";
import { HmacKey } from "../../../lambda/s3/thin/hmac-key";
import {
  EMPTY_PAYLOAD,
  type HeaderList,
  RequestSigner,
  UNSIGNED_PAYLOAD,
} from "../../../lambda/s3/thin/signature";
import { canonicalQuery, encodePath } from "../../../lambda/s3/uri-encoding";

/** Any valid Unicode, with more of what encoders and canonical forms differ on than chance would bring. */
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.string({
    unit: fc.constantFrom(...Array.from(" \t\u00a0\u3000/+%!'()*~.-_&=;é\u{1F600}aZ0")),
    maxLength: 30,
  }),
);
const key = text.filter((value) => value !== "");
const headerValue = text.map((value) => value.replace(/\p{Cc}/gu, "\t"));
const metadataName = fc.string({
  unit: fc.constantFrom(...Array.from("abz09-_.!~")),
  minLength: 1,
  maxLength: 12,
});
const query = fc.dictionary(
  fc.oneof(
    fc.constantFrom("versionId", "uploads", "max-keys", "prefix"),
    key.filter((name) => name !== "__proto__"),
  ),
  text,
  { maxKeys: 5 },
);
const credentials: fc.Arbitrary<Credentials> = fc.record(
  {
    accessKeyId: fc.string({ minLength: 1, maxLength: 20, unit: "grapheme-ascii" }),
    secretAccessKey: fc.string({ minLength: 1, maxLength: 40 }),
    sessionToken: fc.stringMatching(/^[A-Za-z0-9+/=]{1,100}$/),
  },
  { requiredKeys: ["accessKeyId", "secretAccessKey"] },
);

interface Unsigned {
  readonly method: string;
  readonly key: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: string;
  readonly region: string;
  readonly now: number;
}

const unsigned: fc.Arbitrary<Unsigned> = fc.record({
  method: fc.constantFrom("GET", "HEAD", "PUT", "POST", "DELETE"),
  key,
  query,
  headers: fc
    .record({
      metadata: fc.dictionary(
        metadataName.map((name) => `x-amz-meta-${name}`),
        headerValue,
        { maxKeys: 5 },
      ),
      tagging: fc.option(
        headerValue.map((value) => ({ "x-amz-tagging": value })),
        { nil: {} },
      ),
      md5: fc.option(
        fc.base64String().map((value) => ({ "content-md5": value })),
        { nil: {} },
      ),
    })
    .map(({ metadata, tagging, md5 }) => ({ ...metadata, ...tagging, ...md5 })),
  payload: fc.constantFrom(UNSIGNED_PAYLOAD, EMPTY_PAYLOAD),
  region: fc.constantFrom("us-east-1", "eu-central-1"),
  // Up to the year 2100.
  now: fc.integer({ min: 0, max: 4_102_444_800_000 }),
});

const HOST = "bucket.s3.example.com:9000";

async function oracle(request: Unsigned, pair: Credentials): Promise<string | undefined> {
  const signer = new SignatureV4({
    service: "s3",
    region: request.region,
    credentials: pair,
    sha256: Sha256,
    uriEscapePath: false,
    applyChecksum: false,
  });
  const { headers } = await signer.sign(
    {
      method: request.method,
      protocol: "https:",
      hostname: HOST,
      path: `/${encodePath(request.key)}`,
      query: { ...request.query },
      headers: { ...request.headers, host: HOST, "x-amz-content-sha256": request.payload },
    },
    { signingDate: new Date(request.now) },
  );
  return headers.authorization;
}

/** The hash that the oracle asks for, keyed or not. */
class Sha256 {
  private hash: Hash | Hmac;

  constructor(private readonly secret?: string | ArrayBuffer | ArrayBufferView) {
    this.hash = this.begin();
  }

  public update(chunk: string | Uint8Array): void {
    this.hash.update(chunk);
  }

  public digest(): Promise<Uint8Array> {
    return Promise.resolve(this.hash.digest());
  }

  public reset(): void {
    this.hash = this.begin();
  }

  private begin(): Hash | Hmac {
    const { secret } = this;
    if (secret === undefined) return createHash("sha256");
    return createHmac("sha256", typeof secret === "string" ? secret : bytesOf(secret));
  }
}

function bytesOf(source: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}

function ours(signer: RequestSigner, request: Unsigned, pair: Credentials): Record<string, string> {
  const headers: HeaderList = Object.entries(request.headers).flat();
  const path = `/${encodePath(request.key)}`;
  const { method, payload, now } = request;
  signer.sign({ method, path, query: canonicalQuery(request.query), headers, payload }, pair, now);
  return Object.fromEntries(
    headers.flatMap((name, index) => (index % 2 === 0 ? [[name, headers[index + 1] ?? ""]] : [])),
  );
}

describe("a signature", () => {
  it("is the one that the SDK's own signer makes, over any key, query, header and pair", async () => {
    await fc.assert(
      fc.asyncProperty(unsigned, credentials, async (request, pair) => {
        const signer = new RequestSigner(request.region, HOST);
        expect(ours(signer, request, pair).authorization).toBe(await oracle(request, pair));
      }),
      { numRuns: 500, seed: 4 },
    );
  });

  it("does not depend on what was signed before: another day, another pair, another second", async () => {
    const request = fc.tuple(unsigned, credentials);
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 2, maxLength: 6 }), async (requests) => {
        const signer = new RequestSigner("eu-central-1", HOST);
        const [[, firstPair] = []] = requests;
        for (const [index, [one, ownPair]] of requests.entries()) {
          const pair = index % 3 < 2 ? (firstPair ?? ownPair) : ownPair;
          const signed = { ...one, region: "eu-central-1" };
          expect(ours(signer, signed, pair).authorization).toBe(await oracle(signed, pair));
        }
      }),
      { numRuns: 80, seed: 5 },
    );
  });

  it("covers the host, Content-MD5 and every x-amz header, and leaves alone what proxies may change", () => {
    const headers = {
      "content-type": "text/plain",
      "if-match": '"e"',
      range: "bytes=0-1",
      "content-md5": "x",
      "x-amz-meta-b": "1",
      "x-amz-meta-a": "2",
      "x-amz-tagging": "",
    };
    const request = {
      method: "PUT",
      key: "k",
      query: {},
      headers,
      payload: UNSIGNED_PAYLOAD,
      region: "r",
      now: 0,
    };
    const pair = { accessKeyId: "id", secretAccessKey: "s", sessionToken: "t" };
    const { authorization } = ours(new RequestSigner("r", HOST), request, pair);
    expect(authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=id\/19700101\/r\/s3\/aws4_request, /);
    expect(authorization).toContain(
      "SignedHeaders=content-md5;host;x-amz-content-sha256;x-amz-date;x-amz-meta-a;x-amz-meta-b;x-amz-security-token;x-amz-tagging,",
    );
  });

  it("is never printed with the secret that made it", () => {
    const signer = new RequestSigner("r", HOST);
    const secretAccessKey = "canary-of-the-signer";
    const request = {
      method: "GET",
      key: "k",
      query: {},
      headers: {},
      payload: EMPTY_PAYLOAD,
      region: "r",
      now: 0,
    };
    ours(signer, request, { accessKeyId: "id", secretAccessKey });
    expect(inspect(signer, { depth: 10, showHidden: true })).not.toContain(secretAccessKey);
  });
});

describe("an encoded key", () => {
  it("means the key and nothing else, and is not normalised", () => {
    fc.assert(
      fc.property(key, (one) => {
        const path = encodePath(one);
        expect(path).toMatch(/^[A-Za-z0-9\-._~/%]*$/);
        expect(decodeURIComponent(path)).toBe(one);
        expect(path.split("/")).toHaveLength(one.split("/").length);
      }),
      { numRuns: 500, seed: 6 },
    );
    expect(encodePath("a//b/./../c")).toBe("a//b/./../c");
  });
});

describe("an HMAC key", () => {
  it("digests as Node does, texts of any length, one after the other", () => {
    const ascii = fc.string({ unit: "grapheme-ascii", maxLength: 1500, size: "max" });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.array(ascii, { maxLength: 5 }), (bytes, texts) => {
        const hmacKey = new HmacKey(Buffer.from(bytes));
        for (const one of texts) {
          expect(hmacKey.digest(one)).toBe(createHmac("sha256", bytes).update(one).digest("hex"));
        }
      }),
      { seed: 20, numRuns: 200 },
    );
  });
});
