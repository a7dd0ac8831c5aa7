import { unquote } from "../etag";
import { namesKey } from "../listed-keys";
import type {
  CompleteUploadRequest,
  ListedPart,
  OpenUpload,
  PutRequest,
  PutResult,
  UploadedPart,
  UploadPartRequest,
} from "../object-client";
import { malformed } from "../request-failure";
import { StoreError } from "../store-error";
import { checkSize } from "./body-size";
import { documentCall } from "./document-call";
import { readCompleted, readParts, readUploadId, readUploads } from "./documents";
import { objectHeaders, pushCondition } from "./object-headers";
import type { HeaderList } from "./signature";
import type { ThinSession } from "./thin-session";
import { encodeText } from "./xml-text";

/** Multipart uploads; each method is the one of `ObjectClient`. */
export class ThinMultipart {
  constructor(private readonly session: ThinSession) {}

  public createUpload(key: string, { headers, tags }: Pick<PutRequest, "headers" | "tags">): Promise<string> {
    const request = this.session.describe("CreateMultipartUpload", key);
    const call = {
      method: "POST",
      key,
      query: { uploads: "" },
      headers: objectHeaders(headers, tags),
    } as const;
    return this.session.read(request, call, readUploadId);
  }

  public async uploadPart(key: string, part: UploadPartRequest): Promise<UploadedPart> {
    const request = this.session.describe("UploadPart", key);
    const { uploadId, partNumber, body, size, contentMd5 } = part;
    const headers: HeaderList = contentMd5 === undefined ? [] : ["content-md5", contentMd5];
    checkSize(body, size, request);
    const query = { partNumber, uploadId };
    const answer = await this.session.send(request, { method: "PUT", key, query, headers, body, size });
    if (!answer.headers.etag) throw malformed(request, "the answer has no ETag");
    return { partNumber, etag: unquote(answer.headers.etag) };
  }

  public async parts(key: string, uploadId: string): Promise<readonly ListedPart[]> {
    const request = this.session.describe("ListParts", key);
    const parts: ListedPart[] = [];
    for (;;) {
      const query = { uploadId, "part-number-marker": parts.at(-1)?.partNumber };
      const page = await this.session.read(request, { method: "GET", key, query }, readParts);
      if (page.uploadId !== uploadId) throw malformed(request, "the answer is no list of the parts");
      for (const part of page.parts) {
        if (part.partNumber <= (parts.at(-1)?.partNumber ?? 0)) {
          throw malformed(request, `the parts are not ascending at ${part.partNumber}`);
        }
        parts.push(part);
      }
      if (!page.isTruncated) return parts;
      if (page.parts.length === 0) throw malformed(request, "the list goes on but shows nothing");
    }
  }

  public async completeUpload(key: string, upload: CompleteUploadRequest): Promise<PutResult> {
    const request = this.session.describe("CompleteMultipartUpload", key);
    const parts = upload.parts.map(({ partNumber, etag }) => {
      return `<Part><PartNumber>${partNumber}</PartNumber><ETag>${encodeText(`"${etag}"`)}</ETag></Part>`;
    });
    const document = `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`;
    const query = { uploadId: upload.uploadId };
    // S3 answers 200 before it knows, and may say in the body that it came to nothing.
    const call = { ...documentCall("POST", document), key, query, mayFailLate: true };
    pushCondition(call.headers, upload.condition);
    const answer = await this.session.send(request, call);
    const etag = this.session.readAnswer(request, answer, (bytes) => readCompleted(bytes.toString()));
    return { etag, versionId: answer.headers.versionId ?? "null" };
  }

  public async abortUpload(key: string, uploadId: string): Promise<void> {
    const request = this.session.describe("AbortMultipartUpload", key);
    try {
      await this.session.send(request, { method: "DELETE", key, query: { uploadId } });
    } catch (error) {
      if (!(error instanceof StoreError) || error.kind !== "not-found") throw error;
    }
  }

  public async uploads(key: string): Promise<readonly OpenUpload[]> {
    const request = this.session.describe("ListMultipartUploads", key);
    const uploads: OpenUpload[] = [];
    let from: { "key-marker"?: string; "upload-id-marker"?: string } = {};
    for (;;) {
      const query = { uploads: "", prefix: key, "encoding-type": "url", ...from };
      const page = await this.session.read(request, { method: "GET", query }, readUploads);
      for (const upload of page.uploads) {
        if (namesKey(upload.listedKey, key))
          uploads.push({ uploadId: upload.uploadId, initiated: upload.initiated });
      }
      if (!page.isTruncated) return uploads.toSorted(byAge);
      const next = {
        "key-marker": page.nextKey || undefined,
        "upload-id-marker": page.nextUploadId || undefined,
      };
      if (
        next["key-marker"] === from["key-marker"] &&
        next["upload-id-marker"] === from["upload-id-marker"]
      ) {
        throw malformed(request, "the list does not go on from its marker");
      }
      from = next;
    }
  }
}

function byAge(left: OpenUpload, right: OpenUpload): number {
  return left.initiated.getTime() - right.initiated.getTime();
}
