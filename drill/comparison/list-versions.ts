import { Readable } from "node:stream";
import { ListObjectVersionsCommand, type S3Client } from "@aws-sdk/client-s3";
import {
  parseVersionPage,
  type VersionEntry,
  VersionListingError,
  type VersionPage,
} from "./version-listing";

/** Every version and delete marker of the bucket, page by page of so many entries, each key's newest first. */
export async function* listVersions(
  client: S3Client,
  bucket: string,
  pageSize = 1000,
): AsyncGenerator<VersionEntry> {
  let start: VersionPage["next"];
  do {
    const page: VersionPage = parseVersionPage(await readPage(client, bucket, pageSize, start));
    yield* page.entries;
    if (
      page.next &&
      page.next.keyMarker === start?.keyMarker &&
      page.next.versionIdMarker === start.versionIdMarker
    ) {
      throw new VersionListingError(`the listing does not get past key ${JSON.stringify(start.keyMarker)}`);
    }
    start = page.next;
  } while (start);
}

/** The text of one answer, taken on its way to the SDK's own parser. */
async function readPage(
  client: S3Client,
  bucket: string,
  pageSize: number,
  start: VersionPage["next"],
): Promise<string> {
  const command = new ListObjectVersionsCommand({
    Bucket: bucket,
    EncodingType: "url",
    MaxKeys: pageSize,
    KeyMarker: start?.keyMarker,
    VersionIdMarker: start?.versionIdMarker,
  });
  let text = "";
  command.middlewareStack.add(
    (next) => async (call) => {
      const result = await next(call);
      const { response } = result;
      if (
        typeof response === "object" &&
        response !== null &&
        "body" in response &&
        response.body instanceof Readable
      ) {
        const chunks: Buffer[] = await response.body.toArray();
        const bytes = Buffer.concat(chunks);
        text = bytes.toString("utf8");
        response.body = Readable.from([bytes], { objectMode: false });
      }
      return result;
    },
    // Low priority: next to the wire, before the answer is parsed.
    { step: "deserialize", name: "keepListingText", priority: "low" },
  );
  await client.send(command);
  return text;
}
