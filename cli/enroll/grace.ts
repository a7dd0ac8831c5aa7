/**
 * How long both key pairs stay valid by default. Functions read the secret every 300 s, half a minute later if that
 * fails once, and a request that was signed just before may take another 30 s to arrive.
 */
export const DEFAULT_GRACE_SECONDS = 360;
