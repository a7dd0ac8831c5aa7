import type { Readable } from "node:stream";
import {
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from "@aws-sdk/client-s3";
import { checkRange } from "./answered-range";
import { CheckedBody } from "./checked-body";
import { checkedListing } from "./checked-listing";
import { unquote } from "./etag";
import { decodeKey, isFaithful } from "./listed-keys";
import type {
  BatchDeleteResult,
  CompleteUploadRequest,
  ContentRequest,
  DeleteResult,
  DeleteTarget,
  ListedObject,
  ListedPart,
  ListedVersion,
  ListingPage,
  ListRequest,
  ObjectClient,
  ObjectContent,
  ObjectHead,
  ObjectTags,
  OpenUpload,
  PutRequest,
  PutResult,
  ReadRequest,
  UploadedPart,
  UploadPartRequest,
  Versioning,
} from "./object-client";
import type { ObjectClientOptions } from "./object-client-options";
import { malformed, type RequestDescription, storeError } from "./request-failure";
import { headOf, nextPage, versioningOf, versionsOf } from "./sdk-answers";
import { SdkDeletes } from "./sdk-deletes";
import { toStoreError } from "./sdk-error";
import { conditionInput, objectInput } from "./sdk-input";
import { captureAnswer, sendContentMd5, sendRawExpires } from "./sdk-middleware";
import { SdkMultipart } from "./sdk-multipart";
import { SdkSession } from "./sdk-session";
import type { StoreError } from "./store-error";
import { elementOrder, orderVersions, type VersionEntry } from "./version-order";

/** The data plane on `@aws-sdk/client-s3`. Never retries: whether a second attempt is safe is the caller's to know. */
export class SdkObjectClient implements ObjectClient {
  public readonly bucket: string;
  private readonly session: SdkSession;
  private readonly deletes: SdkDeletes;
  private readonly multipart: SdkMultipart;

  constructor(options: ObjectClientOptions) {
    this.bucket = options.bucket;
    this.session = new SdkSession(options);
    this.deletes = new SdkDeletes(this.session);
    this.multipart = new SdkMultipart(this.session);
  }

  public versioning(): Promise<Versioning> {
    const request = this.session.describe("GetBucketVersioning");
    return this.session.perform(request, async () => {
      const command = new GetBucketVersioningCommand({ Bucket: this.bucket });
      const captured = captureAnswer(command);
      const { Status } = await this.session.client.send(command);
      return versioningOf(Status, captured.document, request);
    });
  }

  /**
   * Asks without an encoding first, and again with one where XML cannot carry the keys: LocalStack 4.9
   * compares `start-after` with encoded keys, and would leave some out.
   */
  public list(request: ListRequest = {}): Promise<ListingPage> {
    const description = this.session.describe("ListObjectsV2");
    return this.session.perform(description, async () => {
      const plain = await this.listPage(request, description, false);
      const page = plain ?? (await this.listPage(request, description, true));
      if (page === undefined) throw malformed(description, "the keys cannot be read");
      return page;
    });
  }

  public versions(key: string): Promise<readonly ListedVersion[]> {
    const request = this.session.describe("ListObjectVersions", key);
    return this.session.perform(request, async () => {
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
        const answer = await this.session.client.send(command);
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

  public head(key: string, read: ReadRequest = {}): Promise<ObjectHead | undefined> {
    const request = this.session.describe("HeadObject", key);
    return this.session.perform(request, async () => {
      try {
        const command = new HeadObjectCommand(this.readInput(key, read));
        return headOf(await this.session.client.send(command), request);
      } catch (error) {
        const failure = toStoreError(error, request);
        if (failure.kind === "not-found") return undefined;
        throw failure;
      }
    });
  }

  public get(key: string, read: ContentRequest = {}): Promise<ObjectContent> {
    const request = this.session.describe("GetObject", key);
    return this.session.perform(request, async () => {
      const { range } = read;
      const input = {
        ...this.readInput(key, read),
        Range: range === undefined ? undefined : `bytes=${range.first}-${range.last}`,
      };
      const answer = await this.session.client.send(new GetObjectCommand(input));
      // In Node the SDK's body is the transport's own stream; its type covers browsers too.
      const source = answer.Body as Readable | undefined;
      if (source === undefined) throw malformed(request, "the answer has no body");
      try {
        if (range !== undefined) checkRange(answer.ContentRange, range, request);
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
    const request = this.session.describe("GetObjectTagging", key);
    return this.session.perform(request, async () => {
      const input = { Bucket: this.bucket, Key: key, VersionId: versionId };
      const answer = await this.session.client.send(new GetObjectTaggingCommand(input));
      if (answer.TagSet === undefined) throw malformed(request, "the answer has no tag set");
      return Object.fromEntries(answer.TagSet.map(({ Key = "", Value = "" }) => [Key, Value]));
    });
  }

  public putTags(
    key: string,
    tags: ObjectTags,
    { versionId }: Pick<ReadRequest, "versionId"> = {},
  ): Promise<void> {
    const request = this.session.describe("PutObjectTagging", key);
    const TagSet = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    const target = { Bucket: this.bucket, Key: key, VersionId: versionId };
    const command = new PutObjectTaggingCommand({ ...target, Tagging: { TagSet } });
    sendContentMd5(command);
    return this.session.perform(request, async () => {
      await this.session.client.send(command);
    });
  }

  public put(key: string, put: PutRequest): Promise<PutResult> {
    const request = this.session.describe("PutObject", key);
    const command = new PutObjectCommand({
      Bucket: this.bucket,
      Key: key,
      Body: put.body,
      ContentLength: put.size,
      ContentMD5: put.contentMd5,
      ...objectInput(put.headers, put.tags),
      ...conditionInput(put.condition),
    });
    if (put.headers.expires !== undefined) sendRawExpires(command, put.headers.expires);
    const send = async () => {
      const answer = await this.session.client.send(command);
      if (answer.ETag === undefined) throw malformed(request, "the answer has no ETag");
      return { etag: unquote(answer.ETag), versionId: answer.VersionId ?? "null" };
    };
    return this.session.perform(request, send, put.body);
  }

  public delete(target: DeleteTarget): Promise<DeleteResult> {
    return this.deletes.delete(target);
  }

  public deleteBatch(targets: readonly DeleteTarget[]): Promise<readonly BatchDeleteResult[]> {
    return this.deletes.deleteBatch(targets);
  }

  public createUpload(key: string, request: Pick<PutRequest, "headers" | "tags">): Promise<string> {
    return this.multipart.createUpload(key, request);
  }

  public uploadPart(key: string, request: UploadPartRequest): Promise<UploadedPart> {
    return this.multipart.uploadPart(key, request);
  }

  public parts(key: string, uploadId: string): Promise<readonly ListedPart[]> {
    return this.multipart.parts(key, uploadId);
  }

  public completeUpload(key: string, request: CompleteUploadRequest): Promise<PutResult> {
    return this.multipart.completeUpload(key, request);
  }

  public abortUpload(key: string, uploadId: string): Promise<void> {
    return this.multipart.abortUpload(key, uploadId);
  }

  public uploads(key: string): Promise<readonly OpenUpload[]> {
    return this.multipart.uploads(key);
  }

  public close(): void {
    this.session.client.destroy();
  }

  private readInput(key: string, { versionId, partNumber, ifMatch }: ReadRequest) {
    return {
      Bucket: this.bucket,
      Key: key,
      VersionId: versionId,
      PartNumber: partNumber,
      IfMatch: ifMatch === undefined ? undefined : `"${ifMatch}"`,
    };
  }

  /** Undefined when the keys must be asked for in another way. */
  private async listPage(
    list: ListRequest,
    request: RequestDescription,
    encoded: boolean,
  ): Promise<ListingPage | undefined> {
    const { after, prefix, limit = 1000 } = list;
    const command = new ListObjectsV2Command({
      Bucket: this.bucket,
      MaxKeys: limit,
      ...(encoded ? { EncodingType: "url" } : {}),
      ...(after ? { StartAfter: after } : {}),
      ...(prefix ? { Prefix: prefix } : {}),
    });
    const captured = captureAnswer(command);
    const answer = await this.session.client.send(command);
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
    const listing = { bucket: answer.Name, isTruncated: answer.IsTruncated, objects, date: captured.date };
    return checkedListing(listing, list, request);
  }
}

function bodyError(cause: unknown, size: number, request: RequestDescription): StoreError {
  if (cause === undefined)
    return malformed(request, `the body has not the ${size} bytes that were announced`);
  const failure = toStoreError(cause, request);
  // Whatever cuts a body, the same read may succeed when it is tried again.
  return failure.retryable ? failure : storeError("unreachable", "the body was cut", request, { cause });
}
