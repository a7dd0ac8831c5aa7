import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { unquote } from "./etag";
import { decodeUploadKey, namesKey } from "./listed-keys";
import type {
  CompleteUploadRequest,
  ListedPart,
  OpenUpload,
  PutRequest,
  PutResult,
  UploadedPart,
  UploadPartRequest,
} from "./object-client";
import { malformed } from "./request-failure";
import { toStoreError } from "./sdk-error";
import { conditionInput, objectInput } from "./sdk-input";
import { captureAnswer, sendRawExpires } from "./sdk-middleware";
import type { SdkSession } from "./sdk-session";

/** Multipart uploads on the SDK; each method is the one of `ObjectClient`. */
export class SdkMultipart {
  constructor(private readonly session: SdkSession) {}

  public createUpload(key: string, { headers, tags }: Pick<PutRequest, "headers" | "tags">): Promise<string> {
    const request = this.session.describe("CreateMultipartUpload", key);
    const command = new CreateMultipartUploadCommand({ ...this.target(key), ...objectInput(headers, tags) });
    if (headers.expires !== undefined) sendRawExpires(command, headers.expires);
    return this.session.perform(request, async () => {
      const { UploadId } = await this.session.client.send(command);
      if (!UploadId) throw malformed(request, "the answer has no upload id");
      return UploadId;
    });
  }

  public uploadPart(key: string, part: UploadPartRequest): Promise<UploadedPart> {
    const request = this.session.describe("UploadPart", key);
    const command = new UploadPartCommand({
      ...this.target(key),
      UploadId: part.uploadId,
      PartNumber: part.partNumber,
      Body: part.body,
      ContentLength: part.size,
      ContentMD5: part.contentMd5,
    });
    const send = async () => {
      const { ETag } = await this.session.client.send(command);
      if (ETag === undefined) throw malformed(request, "the answer has no ETag");
      return { partNumber: part.partNumber, etag: unquote(ETag) };
    };
    return this.session.perform(request, send, part.body);
  }

  public parts(key: string, uploadId: string): Promise<readonly ListedPart[]> {
    const request = this.session.describe("ListParts", key);
    return this.session.perform(request, async () => {
      const parts: ListedPart[] = [];
      for (;;) {
        const last = parts.at(-1)?.partNumber;
        const from = last === undefined ? {} : { PartNumberMarker: String(last) };
        const command = new ListPartsCommand({ ...this.target(key), UploadId: uploadId, ...from });
        const answer = await this.session.client.send(command);
        if (answer.UploadId !== uploadId) throw malformed(request, "the answer is no list of the parts");
        const page = (answer.Parts ?? []).map(({ PartNumber, ETag, Size }): ListedPart => {
          if (PartNumber === undefined || ETag === undefined || Size === undefined) {
            throw malformed(request, "a part has no number, ETag or size");
          }
          return { partNumber: PartNumber, etag: unquote(ETag), size: Size };
        });
        for (const part of page) {
          if (part.partNumber <= (parts.at(-1)?.partNumber ?? 0)) {
            throw malformed(request, `the parts are not ascending at ${part.partNumber}`);
          }
          parts.push(part);
        }
        if (!answer.IsTruncated) return parts;
        if (page.length === 0) throw malformed(request, "the list goes on but shows nothing");
      }
    });
  }

  public completeUpload(key: string, upload: CompleteUploadRequest): Promise<PutResult> {
    const request = this.session.describe("CompleteMultipartUpload", key);
    const Parts = upload.parts.map(({ partNumber, etag }) => ({ PartNumber: partNumber, ETag: `"${etag}"` }));
    const command = new CompleteMultipartUploadCommand({
      ...this.target(key),
      UploadId: upload.uploadId,
      MultipartUpload: { Parts },
      ...conditionInput(upload.condition),
    });
    return this.session.perform(request, async () => {
      // The SDK itself turns a 200 whose body is an error into one.
      const { ETag, VersionId } = await this.session.client.send(command);
      if (ETag === undefined) throw malformed(request, "the answer has no ETag");
      return { etag: unquote(ETag), versionId: VersionId ?? "null" };
    });
  }

  public abortUpload(key: string, uploadId: string): Promise<void> {
    const request = this.session.describe("AbortMultipartUpload", key);
    return this.session.perform(request, async () => {
      try {
        const command = new AbortMultipartUploadCommand({ ...this.target(key), UploadId: uploadId });
        await this.session.client.send(command);
      } catch (error) {
        const failure = toStoreError(error, request);
        if (failure.kind !== "not-found") throw failure;
      }
    });
  }

  public uploads(key: string): Promise<readonly OpenUpload[]> {
    const request = this.session.describe("ListMultipartUploads", key);
    return this.session.perform(request, async () => {
      const uploads: OpenUpload[] = [];
      let from: { KeyMarker?: string; UploadIdMarker?: string } = {};
      for (;;) {
        const command = new ListMultipartUploadsCommand({
          Bucket: this.session.bucket,
          Prefix: key,
          EncodingType: "url",
          ...from,
        });
        const captured = captureAnswer(command);
        const answer = await this.session.client.send(command);
        // A page of somebody else must never read as "none is open".
        if (!captured.document.includes("<ListMultipartUploadsResult")) {
          throw malformed(request, "the answer is no list of uploads");
        }
        for (const { Key, UploadId, Initiated } of answer.Uploads ?? []) {
          if (Key === undefined || !UploadId || Initiated === undefined) {
            throw malformed(request, "an upload has no key, id or time");
          }
          if (namesKey(Key, key)) uploads.push({ uploadId: UploadId, initiated: Initiated });
        }
        if (!answer.IsTruncated) return uploads.toSorted(byAge);
        const { NextKeyMarker, NextUploadIdMarker } = answer;
        const next = {
          ...(NextKeyMarker ? { KeyMarker: decodeUploadKey(NextKeyMarker) } : {}),
          ...(NextUploadIdMarker ? { UploadIdMarker: NextUploadIdMarker } : {}),
        };
        if (next.KeyMarker === from.KeyMarker && next.UploadIdMarker === from.UploadIdMarker) {
          throw malformed(request, "the list does not go on from its marker");
        }
        from = next;
      }
    });
  }

  private target(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.session.bucket, Key: key };
  }
}

function byAge(left: OpenUpload, right: OpenUpload): number {
  return left.initiated.getTime() - right.initiated.getTime();
}
