import type {
  CompleteUploadRequest,
  ListingPage,
  ListRequest,
  PutRequest,
  PutResult,
} from "../../lambda/s3/object-client";
import { StoreError } from "../../lambda/s3/store-error";
import { InMemoryObjectClient } from "./in-memory-object-client";

/**
 * A store whose keys are paths of files, as MinIO's are: refuses what is no path, takes a leading slash away, and shows
 * no key below another one in listings, even where the upper one is but a delete marker.
 */
export class PathLikeObjectClient extends InMemoryObjectClient {
  public override async put(key: string, request: PutRequest): Promise<PutResult> {
    this.refuseOddities("PutObject", key);
    return super.put(withoutLeadingSlash(key), request);
  }

  public override async completeUpload(key: string, request: CompleteUploadRequest): Promise<PutResult> {
    this.refuseOddities("CompleteMultipartUpload", key);
    return super.completeUpload(key, request);
  }

  public override async list(request?: ListRequest): Promise<ListingPage> {
    const page = await super.list(request);
    return { ...page, objects: page.objects.filter(({ key }) => !this.isHidden(key)) };
  }

  private isHidden(key: string): boolean {
    const folders = key.split("/").map((_, index, names) => names.slice(0, index).join("/"));
    // The marker of a folder, `a/`, may stand beside `a`.
    return folders.some(
      (folder) => folder !== "" && key !== `${folder}/` && this.contents.stack(folder).length > 0,
    );
  }

  private refuseOddities(operation: string, key: string): void {
    const names = withoutLeadingSlash(key).split("/");
    const isOdd = names.some(
      (name, index) =>
        name === "." ||
        name === ".." ||
        Buffer.byteLength(name) > 255 ||
        (name === "" && index < names.length - 1),
    );
    if (!isOdd) return;
    throw new StoreError(`${operation} ${this.bucket}/${key}: the key is no path`, {
      kind: "refused",
      operation,
      bucket: this.bucket,
      key,
      code: "XMinioInvalidObjectName",
    });
  }
}

function withoutLeadingSlash(key: string): string {
  return key.replace(/^\//, "");
}
