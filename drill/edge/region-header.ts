/** Request header in which a drill's reader says which region it is in, as in `WEU`. Origins never see it; Cloudflare knows by itself. */
export const READER_REGION_HEADER = "x-drill-region";
