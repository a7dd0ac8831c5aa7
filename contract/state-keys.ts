/** Replication's own state lives under this prefix in the stores. Never replicated, never readable anonymously. */
export const STATE_PREFIX = ".storage-failover/";

/** `{ id }`: the store's random identity, made once. */
export const STORE_IDENTITY_KEY = `${STATE_PREFIX}store.json`;

/** The epoch journal, on both stores. */
export const EPOCH_KEY = `${STATE_PREFIX}epoch.json`;

/** Watermark, sync point and checkpoint of the direction that leads into this store; on the standby. */
export const PROGRESS_KEY = `${STATE_PREFIX}progress.json`;

/** Written once with headers that some servers do not keep, to see what this one does. */
export const PROBE_KEY = `${STATE_PREFIX}probe.json`;

/** Each store's own health object; the monitors read it. */
export const HEALTH_KEY = "storage-failover-health.txt";

/** What the health object of a store says. Names the store, so that an origin that points at the wrong one is unhealthy. */
export function healthBody(store: string): string {
  return `storage-failover ${store} is healthy`;
}

/** True for keys that replication neither reads nor writes as a user's object. */
export function isReservedKey(key: string): boolean {
  return key === HEALTH_KEY || key.startsWith(STATE_PREFIX);
}
