import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { type Endpoint, endpointOf } from "./endpoints";

/**
 * The replicator of the usual blueprint: lists everything, and copies every object whole, one at a time,
 * whether it is there already or not. With the SDK's own defaults.
 */
async function copyEverything(): Promise<void> {
  const [source, destination] = [endpointOf("source"), endpointOf("destination")];
  const [reader, writer] = [clientOf(source), clientOf(destination)];
  let token: string | undefined;
  do {
    const page = await reader.send(
      new ListObjectsV2Command({ Bucket: source.bucket, ContinuationToken: token }),
    );
    for (const { Key } of page.Contents ?? []) {
      const found = await reader.send(new GetObjectCommand({ Bucket: source.bucket, Key }));
      const body = await found.Body?.transformToByteArray();
      await writer.send(
        new PutObjectCommand({
          Bucket: destination.bucket,
          Key,
          Body: body,
          ContentType: found.ContentType,
          Metadata: found.Metadata,
        }),
      );
    }
    token = page.NextContinuationToken;
  } while (token !== undefined);
}

function clientOf({ url, region, accessKeyId, secretAccessKey }: Endpoint): S3Client {
  return new S3Client({
    endpoint: url,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
}

void copyEverything();
