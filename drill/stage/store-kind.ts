/** `embedded`: two servers of the project's own. `real`: LocalStack as primary, MinIO as secondary. */
export type StoreKind = "embedded" | "real";
