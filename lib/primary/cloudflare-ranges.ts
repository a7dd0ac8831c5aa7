/** Where Cloudflare publishes the list, one network a line. */
export const CLOUDFLARE_RANGES_URL = "https://www.cloudflare.com/ips-v4";

/** Day on which the list below was compared with the published one, which has been the same for years. */
export const CLOUDFLARE_RANGES_DATE = "2026-09-29";

/**
 * The IPv4 networks from which Cloudflare reaches origins. `npm run check:cloudflare-ranges` compares them with the
 * published list.
 *
 * IPv4 only: the regional S3 endpoint has no IPv6 address, and Cloudflare publishes an IPv6 /29, which AWS counts
 * as public, so that a policy with it is refused while public access is blocked.
 */
export const CLOUDFLARE_IPV4_RANGES: readonly string[] = [
  "173.245.48.0/20",
  "103.21.244.0/22",
  "103.22.200.0/22",
  "103.31.4.0/22",
  "141.101.64.0/18",
  "108.162.192.0/18",
  "190.93.240.0/20",
  "188.114.96.0/20",
  "197.234.240.0/22",
  "198.41.128.0/17",
  "162.158.0.0/15",
  "104.16.0.0/13",
  "104.24.0.0/14",
  "172.64.0.0/13",
  "131.0.72.0/22",
];
