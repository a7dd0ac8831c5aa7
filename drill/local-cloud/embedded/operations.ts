import { deleteObjects } from "./delete-objects";
import { readDocument, type StoreAnswer, type StoreRequest, xmlAnswer } from "./exchange";
import { answerObjectListing, answerVersionListing } from "./list-bucket";
import { checkedTags } from "./object-headers";
import { readObject } from "./read-object";
import { S3Refusal } from "./s3-refusal";
import type { StoredBucket } from "./stored-bucket";
import {
  abortUpload,
  completeUpload,
  createUpload,
  listParts,
  listUploads,
  uploadPart,
} from "./upload-parts";
import { copyObject, deleteObject, putObject } from "./write-object";
import { parseElements, xmlDocument } from "./xml";

/** Query names that change which operation is meant; an object has many more in S3 that are not offered here. */
const SUBRESOURCES = [
  "versioning",
  "versions",
  "location",
  "list-type",
  "tagging",
  "uploads",
  "uploadId",
  "delete",
] as const;
const NOT_OFFERED = ["acl", "attributes", "cors", "lifecycle", "policy", "restore", "retention", "select"];

/** What a signed request asks for. */
export function perform(store: StoredBucket, request: StoreRequest): StoreAnswer | Promise<StoreAnswer> {
  const { method, key, query } = request;
  const subresource = SUBRESOURCES.find((name) => query.has(name));
  const target = key === "" ? "bucket" : "object";
  const operation = [method, target, subresource].filter((word) => word !== undefined).join(" ");
  if (NOT_OFFERED.some((name) => query.has(name))) throw notOffered(operation);
  switch (operation) {
    case "PUT bucket":
    case "HEAD bucket":
      return { status: 200, headers: { "x-amz-bucket-region": store.region } };
    case "GET bucket location":
      return xmlAnswer(xmlDocument("LocationConstraint", { "": store.region }));
    case "GET bucket versioning":
      return xmlAnswer(xmlDocument("VersioningConfiguration", { Status: store.bucket.versioning }));
    case "PUT bucket versioning":
      return putVersioning(store, request);
    case "GET bucket list-type":
      return answerObjectListing(store, request);
    case "GET bucket versions":
      return answerVersionListing(store, request);
    case "GET bucket uploads":
      return listUploads(store, request);
    case "POST bucket delete":
      return deleteObjects(store, request);
    case "GET object":
    case "HEAD object":
      return readObject(store, request);
    case "PUT object":
      return request.headers["x-amz-copy-source"] === undefined
        ? putObject(store, request)
        : copyObject(store, request);
    case "DELETE object":
      return deleteObject(store, request);
    case "GET object tagging":
      return getTags(store, request);
    case "PUT object tagging":
      return putTags(store, request);
    case "POST object uploads":
      return createUpload(store, request);
    case "PUT object uploadId":
      return uploadPart(store, request);
    case "GET object uploadId":
      return listParts(store, request);
    case "POST object uploadId":
      return completeUpload(store, request);
    case "DELETE object uploadId":
      return abortUpload(store, request);
    default:
      throw notOffered(operation);
  }
}

function notOffered(operation: string): S3Refusal {
  return new S3Refusal(
    501,
    "NotImplemented",
    `the embedded store does not offer this operation (${operation})`,
  );
}

async function putVersioning(store: StoredBucket, request: StoreRequest): Promise<StoreAnswer> {
  const [configuration] = parseElements(await readDocument(request), ["VersioningConfiguration"]);
  const status = configuration?.Status;
  if (status !== "Enabled" && status !== "Suspended") {
    throw new S3Refusal(400, "IllegalVersioningConfigurationException", "the status is Enabled or Suspended");
  }
  store.bucket.versioning = status;
  return { status: 200, headers: {} };
}

function getTags(store: StoredBucket, request: StoreRequest): StoreAnswer {
  const object = store.bucket.get(request.key, request.query.get("versionId"));
  const tags = Object.entries(object.tags).map(([Key, Value]) => ({ Key, Value }));
  return xmlAnswer(xmlDocument("Tagging", { TagSet: { Tag: tags } }), {
    "x-amz-version-id": object.versionId,
  });
}

async function putTags(store: StoredBucket, request: StoreRequest): Promise<StoreAnswer> {
  const elements = parseElements(await readDocument(request), ["Tagging", "TagSet", "Tag"]);
  const tags = checkedTags(elements.map(({ Key = "", Value = "" }) => [Key, Value] as const));
  const object = store.bucket.tag(request.key, tags, request.query.get("versionId"));
  return { status: 200, headers: { "x-amz-version-id": object.versionId } };
}
