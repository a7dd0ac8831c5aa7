import type { Readable } from "node:stream";
import {
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from "@aws-sdk/client-s3";
import { REQUEST_TIMEOUT_SECONDS } from "../../contract/marker";
import { CheckedBody } from "./checked-body";
import { HttpTransport } from "./http-transport";
import { decodeKey, firstOutOfOrder, isFaithful } from "./listed-keys";
import {
  DEFAULT_CONTENT_TYPE,
  type ListedObject,
  type ListedVersion,
  type ListingPage,
  type ListRequest,
  type ObjectClient,
  type ObjectContent,
  type ObjectHead,
  type ObjectTags,
  type PutRequest,
  type PutResult,
  type ReadRequest,
} from "./object-client";
import { headOf, malformed, nextPage, unquote, versionsOf } from "./sdk-answers";
import { type RequestDescription, storeError, toStoreError } from "./sdk-error";
import { captureAnswer, sendRawExpires } from "./sdk-middleware";
import type { StoreError } from "./store-error";
import { elementOrder, orderVersions, type VersionEntry } from "./version-order";

export interface SdkObjectClientOptions {
  /** S3 API base URL, without the bucket: `https://s3.eu-central-1.amazonaws.com`. */
  readonly endpoint: string;
  /** Region that requests are signed for. */
  readonly region: string;
  readonly bucket: string;
  /** Whether the bucket stands in the host name or is the first path segment. */
  readonly addressStyle: "virtual" | "path";
  /**
   * A key pair, or a function that fetches one when it is needed.
   *
   * @default - the SDK's own chain: in a function, its role
   */
  readonly credentials?: S3ClientConfig["credentials"];
  /**
   * Seconds after which a request is given up: its answer, or any pause in a streamed body.
   *
   * @default REQUEST_TIMEOUT_SECONDS
   */
  readonly requestTimeoutSeconds?: number;
  /** Connections kept open at most. @default 256 */
  readonly maxSockets?: number;
}

const nothing = () => {};

/** Failures are thrown; without this the SDK writes some to the console too. */
const SILENT = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

/** The data plane on `@aws-sdk/client-s3`. Never retries: whether a second attempt is safe is the caller's to know. */
export class SdkObjectClient implements ObjectClient {
  public readonly bucket: string;
  private readonly client: S3Client;

  constructor(options: SdkObjectClientOptions) {
    this.bucket = options.bucket;
    this.client = new S3Client({
      endpoint: options.endpoint,
      region: options.region,
      forcePathStyle: options.addressStyle === "path",
      ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
      maxAttempts: 1,
      logger: SILENT,
      // The default trailers (aws-chunked) break S3-compatible servers; Content-MD5 does the job here.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
      expectContinueHeader: false,
      requestHandler: new HttpTransport({
        requestTimeoutSeconds: options.requestTimeoutSeconds ?? REQUEST_TIMEOUT_SECONDS,
        maxSockets: options.maxSockets ?? 256,
      }),
    });
  }

  /**
   * Asks without an encoding first, and again with one where XML cannot carry the keys: LocalStack 4.9
   * compares `start-after` with encoded keys, and would leave some out.
   */
  public list(request: ListRequest = {}): Promise<ListingPage> {
    const description = this.describe("ListObjectsV2");
    return this.perform(description, async () => {
      const plain = await this.listPage(request, description, false);
      const page = plain ?? (await this.listPage(request, description, true));
      if (page === undefined) throw malformed(description, "the keys cannot be read");
      return page;
    });
  }

  public versions(key: string): Promise<readonly ListedVersion[]> {
    const request = this.describe("ListObjectVersions", key);
    return this.perform(request, async () => {
      const entries: VersionEntry[] = [];
      let from: { KeyMarker?: string; VersionIdMarker?: string } = {};
      for (;;) {
        const command = new ListObjectVersionsCommand({
          Bucket: this.bucket,
          Prefix: key,
          EncodingType: "url",
          ...from,
        });
        const captured = captureAnswer(command);
        const answer = await this.client.send(command);
        const page = versionsOf(answer, elementOrder(captured.document), request);
        entries.push(...page.filter((entry) => entry.key === key).map(({ entry }) => entry));
        // The exact key sorts before every longer one: another key ends its stack.
        if (!answer.IsTruncated || page.some((entry) => entry.key !== key)) return orderVersions(entries);
        const next = nextPage(answer);
        if (next.KeyMarker === from.KeyMarker && next.VersionIdMarker === from.VersionIdMarker) {
          throw malformed(request, "the listing does not go on from its marker");
        }
        from = next;
      }
    });
  }

  public head(key: string, { versionId }: ReadRequest = {}): Promise<ObjectHead | undefined> {
    const request = this.describe("HeadObject", key);
    return this.perform(request, async () => {
      try {
        const input = { Bucket: this.bucket, Key: key, VersionId: versionId };
        return headOf(await this.client.send(new HeadObjectCommand(input)), request);
      } catch (error) {
        const failure = toStoreError(error, request);
        if (failure.kind === "not-found") return undefined;
        throw failure;
      }
    });
  }

  public get(key: string, { versionId }: ReadRequest = {}): Promise<ObjectContent> {
    const request = this.describe("GetObject", key);
    return this.perform(request, async () => {
      const input = { Bucket: this.bucket, Key: key, VersionId: versionId };
      const answer = await this.client.send(new GetObjectCommand(input));
      // In Node the SDK's body is the transport's own stream; its type covers browsers too.
      const source = answer.Body as Readable | undefined;
      if (source === undefined) throw malformed(request, "the answer has no body");
      try {
        const head = headOf(answer, request);
        const body = new CheckedBody(source, head.size, (cause) => bodyError(cause, head.size, request));
        return { ...head, tagCount: answer.TagCount ?? 0, body };
      } catch (error) {
        source.destroy();
        throw error;
      }
    });
  }

  public tags(key: string, { versionId }: ReadRequest = {}): Promise<ObjectTags> {
    const request = this.describe("GetObjectTagging", key);
    return this.perform(request, async () => {
      const input = { Bucket: this.bucket, Key: key, VersionId: versionId };
      const answer = await this.client.send(new GetObjectTaggingCommand(input));
      if (answer.TagSet === undefined) throw malformed(request, "the answer has no tag set");
      return Object.fromEntries(answer.TagSet.map(({ Key = "", Value = "" }) => [Key, Value]));
    });
  }

  /** Always uses the body up or destroys it. Destroying the body while it is sent cuts the request. */
  public put(key: string, put: PutRequest): Promise<PutResult> {
    const request = this.describe("PutObject", key);
    const { headers, tags, condition } = put;
    const command = new PutObjectCommand({
      Bucket: this.bucket,
      Key: key,
      Body: put.body,
      ContentLength: put.size,
      ContentMD5: put.contentMd5,
      ContentType: headers.contentType ?? DEFAULT_CONTENT_TYPE,
      CacheControl: headers.cacheControl,
      ContentDisposition: headers.contentDisposition,
      ContentEncoding: headers.contentEncoding,
      ContentLanguage: headers.contentLanguage,
      Metadata: { ...headers.metadata },
      Tagging: tags === undefined ? undefined : encodeTags(tags),
      ...("absent" in condition ? { IfNoneMatch: "*" } : { IfMatch: `"${condition.etag}"` }),
    });
    if (headers.expires !== undefined) sendRawExpires(command, headers.expires);
    return this.perform(request, async () => {
      const answer = await this.client.send(command);
      if (answer.ETag === undefined) throw malformed(request, "the answer has no ETag");
      return { etag: unquote(answer.ETag), versionId: answer.VersionId ?? "null" };
    });
  }

  public close(): void {
    this.client.destroy();
  }

  /** Undefined when the keys must be asked for in another way. */
  private async listPage(
    { after, limit = 1000 }: ListRequest,
    request: RequestDescription,
    encoded: boolean,
  ): Promise<ListingPage | undefined> {
    const command = new ListObjectsV2Command({
      Bucket: this.bucket,
      MaxKeys: limit,
      ...(encoded ? { EncodingType: "url" } : {}),
      ...(after ? { StartAfter: after } : {}),
    });
    const captured = captureAnswer(command);
    const answer = await this.client.send(command);
    const decodes = answer.EncodingType === "url";
    if (!decodes && !isFaithful(captured.document)) return undefined;
    const objects = (answer.Contents ?? []).map(({ Key, ETag, Size, LastModified }): ListedObject => {
      if (!Key || ETag === undefined || Size === undefined || LastModified === undefined) {
        throw malformed(request, "an object of the listing has no key, ETag, size or time");
      }
      return {
        key: decodes ? decodeKey(Key) : Key,
        etag: unquote(ETag),
        size: Size,
        lastModified: LastModified,
      };
    });
    // Without these it is no listing at all, and must never read as an empty bucket.
    if (answer.IsTruncated === undefined || answer.Name !== this.bucket) {
      throw malformed(request, "the answer is no listing of the bucket");
    }
    if (captured.date === undefined) throw malformed(request, "the answer has no Date");
    const keys = objects.map(({ key }) => key);
    const strange = firstOutOfOrder(keys, after);
    if (strange !== undefined) {
      throw malformed(request, `the listing is not ascending at ${JSON.stringify(strange)}`);
    }
    if (answer.IsTruncated && objects.length === 0) {
      throw malformed(request, "the listing goes on but shows nothing");
    }
    return { objects, isTruncated: answer.IsTruncated, serverDate: captured.date };
  }

  private describe(operation: string, key?: string): RequestDescription {
    return { operation, bucket: this.bucket, key };
  }

  private async perform<T>(request: RequestDescription, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw toStoreError(error, request);
    }
  }
}

function bodyError(cause: unknown, size: number, request: RequestDescription): StoreError {
  if (cause === undefined)
    return malformed(request, `the body has not the ${size} bytes that were announced`);
  const failure = toStoreError(cause, request);
  // Whatever cuts a body, the same read may succeed when it is tried again.
  return failure.retryable ? failure : storeError("unreachable", "the body was cut", request, { cause });
}

function encodeTags(tags: ObjectTags): string {
  return Object.entries(tags)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join("&");
}
