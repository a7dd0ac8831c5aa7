/** Replication's own state lives under this prefix in the stores. Never replicated, never readable anonymously. */
export const STATE_PREFIX = ".storage-failover/";

/** `{ id }`: the store's random identity, made once. */
export const STORE_IDENTITY_KEY = `${STATE_PREFIX}store.json`;

/** The epoch journal, on both stores. */
export const EPOCH_KEY = `${STATE_PREFIX}epoch.json`;

/** Watermark, sync point and checkpoint of the direction that leads into this store; on the standby. */
export const PROGRESS_KEY = `${STATE_PREFIX}progress.json`;

/** Progress of a replication by hand into this store. */
export const SYNC_KEY = `${STATE_PREFIX}sync.json`;

/** Who sweeps into this store now; on the standby. */
export const LEASE_KEY = `${STATE_PREFIX}lease.json`;

/** Multipart uploads into this store that replication has begun and not ended; on the standby. */
export const UPLOADS_KEY = `${STATE_PREFIX}uploads.json`;

/** What this store turned out to hold, by trying. */
export const PROBE_KEY = `${STATE_PREFIX}probe.json`;

/** Objects that were written to try it. */
export const PROBE_PREFIX = `${STATE_PREFIX}probe/`;

/** Each store's own health object; the monitors read it. */
export const HEALTH_KEY = "storage-failover-health.txt";

/** What the health object of a store says. Names the store, so that an origin that points at the wrong one is unhealthy. */
export function healthBody(store: string): string {
  return `storage-failover ${store} is healthy`;
}

/** True for keys that replication neither reads nor writes as a user's object. */
export function isReservedKey(key: string): boolean {
  if (key === HEALTH_KEY || key.startsWith(STATE_PREFIX)) return true;
  // Written to see whether a store holds a leading slash.
  return key.startsWith(`/${STATE_PREFIX}`);
}
