/** User metadata (without `x-amz-meta-`) that a replicated object carries. The edge strips the header from answers. */
export const STAMP_METADATA_KEY = "storage-failover-stamp";

/** The same as an HTTP header. */
export const STAMP_HEADER = `x-amz-meta-${STAMP_METADATA_KEY}`;
