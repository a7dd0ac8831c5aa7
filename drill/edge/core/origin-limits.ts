/**
 * Limits between Cloudflare and an origin, in seconds.
 * https://developers.cloudflare.com/fundamentals/reference/connection-limits/
 */
export const CONNECT_SECONDS = 19;
export const READ_SECONDS = 120;
