/** Response header in which the edge engine names the store that answered. Cloudflare sends nothing like it. */
export const STORE_RESPONSE_HEADER = "x-drill-store";
