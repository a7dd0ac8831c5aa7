/** `embedded`: two servers of the project's own. `real`: LocalStack as primary, MinIO as secondary. */
export type StoreKind = "embedded" | "real";

/** Whether objects may have an Expires that is no date: LocalStack answers 500 to it, and MinIO drops it. */
export function keepRawExpires(stores: StoreKind): boolean {
  return stores === "embedded";
}
