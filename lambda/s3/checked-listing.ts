import { firstOutOfOrder } from "./listed-keys";
import type { ListedObject, ListingPage, ListRequest } from "./object-client";
import { malformed, type RequestDescription } from "./request-failure";

/** What an answer to ListObjectsV2 says, before anyone relies on it. */
export interface AnsweredListing {
  readonly bucket: string | undefined;
  readonly isTruncated: boolean | undefined;
  readonly objects: readonly ListedObject[];
  /** The answer's `Date`. */
  readonly date: Date | undefined;
}

/**
 * A page that can be relied on: what is missing from it is missing from the bucket.
 *
 * @throws StoreError of kind `malformed-answer`
 */
export function checkedListing(
  listing: AnsweredListing,
  { after, prefix = "" }: ListRequest,
  request: RequestDescription,
): ListingPage {
  const { isTruncated, objects, date } = listing;
  // Without these it is no listing at all, and must never read as an empty bucket.
  if (isTruncated === undefined || listing.bucket !== request.bucket) {
    throw malformed(request, "the answer is no listing of the bucket");
  }
  if (date === undefined) throw malformed(request, "the answer has no Date");
  const keys = objects.map(({ key }) => key);
  const strange = firstOutOfOrder(keys, after);
  if (strange !== undefined) {
    throw malformed(request, `the listing is not ascending at ${JSON.stringify(strange)}`);
  }
  if (prefix !== "" && keys.some((key) => !key.startsWith(prefix))) {
    throw malformed(request, "the listing shows keys without the prefix");
  }
  if (isTruncated && objects.length === 0) {
    throw malformed(request, "the listing goes on but shows nothing");
  }
  return { objects, isTruncated, serverDate: date };
}
