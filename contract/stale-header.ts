/**
 * On answers of the standby that is behind: for how many seconds what the active store took may be missing here. No field
 * of HTTP says this: `Age` would make caches shorten what they keep, `Cache-Status` is about caches, `Warning` is obsolete.
 */
export const STALE_HEADER = "Storage-Failover-Stale";
