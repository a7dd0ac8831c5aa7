import { Readable } from "node:stream";
import { checkRange } from "../answered-range";
import { checkedListing } from "../checked-listing";
import { unquote } from "../etag";
import type {
  BatchDeleteResult,
  CompleteUploadRequest,
  ContentRequest,
  DeleteResult,
  DeleteTarget,
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
} from "../object-client";
import type { ObjectClientOptions } from "../object-client-options";
import { malformed, type RequestDescription } from "../request-failure";
import { StoreError } from "../store-error";
import { orderVersions, type VersionEntry } from "../version-order";
import { checkSize } from "./body-size";
import { BufferedContent } from "./buffered-content";
import { documentCall } from "./document-call";
import { readTags, readVersioning, readVersions } from "./documents";
import type { Answer } from "./exchange";
import { readListing } from "./listing-xml";
import { headOf } from "./object-answer";
import { objectHeaders, pushCondition } from "./object-headers";
import type { HeaderList } from "./signature";
import { ThinDeletes } from "./thin-deletes";
import { ThinMultipart } from "./thin-multipart";
import { ThinSession } from "./thin-session";
import { encodeText } from "./xml-text";

/** The data plane on our own signing, `undici` and a reader for the few documents there are. Never retries. */
export class ThinObjectClient implements ObjectClient {
  public readonly bucket: string;
  private readonly session: ThinSession;
  private readonly deletes: ThinDeletes;
  private readonly multipart: ThinMultipart;

  constructor(options: ObjectClientOptions) {
    this.bucket = options.bucket;
    this.session = new ThinSession(options);
    this.deletes = new ThinDeletes(this.session);
    this.multipart = new ThinMultipart(this.session);
  }

  public versioning(): Promise<Versioning> {
    const request = this.session.describe("GetBucketVersioning");
    return this.session.read(request, { method: "GET", query: { versioning: "" } }, readVersioning);
  }

  /**
   * Asks without an encoding first, and again with one where XML cannot carry the keys: LocalStack 4.9
   * compares `start-after` with encoded keys, and would leave some out.
   */
  public async list(request: ListRequest = {}): Promise<ListingPage> {
    const page = (await this.listPage(request, undefined)) ?? (await this.listPage(request, "url"));
    if (page === undefined)
      throw malformed(this.session.describe("ListObjectsV2"), "the keys cannot be read");
    return page;
  }

  public async versions(key: string): Promise<readonly ListedVersion[]> {
    const request = this.session.describe("ListObjectVersions", key);
    const entries: VersionEntry[] = [];
    let from: { "key-marker"?: string; "version-id-marker"?: string } = {};
    for (;;) {
      const query = { versions: "", prefix: key, "encoding-type": "url", ...from };
      const page = await this.session.read(request, { method: "GET", query }, readVersions);
      for (const version of page.versions) if (version.key === key) entries.push(version.entry);
      // The exact key sorts before every longer one: another key ends its stack.
      if (!page.isTruncated || page.versions.some((version) => version.key !== key))
        return orderVersions(entries);
      if (page.nextKey === from["key-marker"] && page.nextVersionId === from["version-id-marker"]) {
        throw malformed(request, "the listing does not go on from its marker");
      }
      from = { "key-marker": page.nextKey, "version-id-marker": page.nextVersionId || undefined };
    }
  }

  public async head(key: string, read: ReadRequest = {}): Promise<ObjectHead | undefined> {
    const request = this.session.describe("HeadObject", key);
    try {
      const answer = await this.session.send(request, { ...readCall(key, read), method: "HEAD" });
      return headOf(answer.headers, request);
    } catch (error) {
      if (error instanceof StoreError && error.kind === "not-found") return undefined;
      throw error;
    }
  }

  public async get(key: string, read: ContentRequest = {}): Promise<ObjectContent> {
    const request = this.session.describe("GetObject", key);
    const { range, bufferUpTo = -1 } = read;
    const call = readCall(key, read);
    if (range !== undefined) call.headers.push("range", `bytes=${range.first}-${range.last}`);
    const answer = await this.session.send(request, call, bufferUpTo);
    try {
      if (range !== undefined) checkRange(answer.headers.contentRange, range, request);
      return contentOf(answer, request);
    } catch (error) {
      if (answer.body instanceof Readable) answer.body.destroy();
      throw error;
    }
  }

  public async put(key: string, put: PutRequest): Promise<PutResult> {
    const request = this.session.describe("PutObject", key);
    const headers = objectHeaders(put.headers, put.tags);
    headers.push("content-md5", put.contentMd5);
    pushCondition(headers, put.condition);
    const { body, size } = put;
    checkSize(body, size, request);
    const answer = await this.session.send(request, { method: "PUT", key, headers, body, size });
    const { etag, versionId = "null" } = answer.headers;
    if (!etag) throw malformed(request, "the answer has no ETag");
    return { etag: unquote(etag), versionId };
  }

  public tags(key: string, { versionId }: Pick<ReadRequest, "versionId"> = {}): Promise<ObjectTags> {
    const request = this.session.describe("GetObjectTagging", key);
    return this.session.read(request, { method: "GET", key, query: { tagging: "", versionId } }, readTags);
  }

  public async putTags(
    key: string,
    tags: ObjectTags,
    { versionId }: Pick<ReadRequest, "versionId"> = {},
  ): Promise<void> {
    const set = Object.entries(tags)
      .map(([name, value]) => `<Tag><Key>${encodeText(name)}</Key><Value>${encodeText(value)}</Value></Tag>`)
      .join("");
    const call = documentCall("PUT", `<Tagging><TagSet>${set}</TagSet></Tagging>`);
    const query = { tagging: "", versionId };
    await this.session.send(this.session.describe("PutObjectTagging", key), { ...call, key, query });
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
    this.session.close();
  }

  /** Undefined when the keys must be asked for in another way. */
  private async listPage(list: ListRequest, encoding: "url" | undefined): Promise<ListingPage | undefined> {
    const request = this.session.describe("ListObjectsV2");
    const query = {
      "list-type": 2,
      "max-keys": list.limit ?? 1000,
      "encoding-type": encoding,
      "start-after": list.after || undefined,
      prefix: list.prefix || undefined,
    };
    const answer = await this.session.send(request, { method: "GET", query });
    const listing = this.session.readAnswer(request, answer, readListing);
    if (listing === undefined) return undefined;
    const date = Date.parse(answer.headers.date ?? "");
    return checkedListing(
      { ...listing, date: Number.isNaN(date) ? undefined : new Date(date) },
      list,
      request,
    );
  }
}

function readCall(key: string, { versionId, partNumber, ifMatch }: ReadRequest) {
  const query = versionId === undefined && partNumber === undefined ? undefined : { versionId, partNumber };
  const headers: HeaderList = ifMatch === undefined ? [] : ["if-match", `"${ifMatch}"`];
  return { method: "GET", key, query, headers } as const;
}

function contentOf({ headers, body }: Answer, request: RequestDescription): ObjectContent {
  const head = headOf(headers, request);
  const tagCount = Number(headers.tagCount ?? 0);
  return body instanceof Readable ? { ...head, tagCount, body } : new BufferedContent(head, tagCount, body);
}
