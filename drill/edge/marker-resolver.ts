import { createServer, type Server } from "node:http";
import type { DnsAnswer } from "./core/marker-zone";

/** Record types by name that a client may ask for; a number is understood as well. */
const TYPES: Readonly<Record<string, number>> = { A: 1, AAAA: 28, CNAME: 5, TXT: 16 };

export interface MarkerResolverOptions {
  /** What this resolver knows of a name now. */
  readonly answer: (name: string, type: number) => DnsAnswer;
  /** `/dns-query` or `/resolve`, as the two public resolvers have it. */
  readonly path: string;
  /** Cloudflare's resolver insists on `Accept: application/dns-json`, Google's does not. */
  readonly acceptRequired: boolean;
}

/**
 * A resolver that speaks DNS JSON.
 * https://developers.cloudflare.com/1.1.1.1/encryption/dns-over-https/make-api-requests/dns-json/
 * https://developers.google.com/speed/public-dns/docs/doh/json
 */
export function createMarkerResolver(options: MarkerResolverOptions): Server {
  return createServer((incoming, outgoing) => {
    const url = new URL(incoming.url ?? "/", "http://resolver.invalid");
    const name = url.searchParams.get("name");
    const type = recordType(url.searchParams.get("type") ?? "A");
    const accepted = !options.acceptRequired || incoming.headers.accept === "application/dns-json";
    if (incoming.method !== "GET" || url.pathname !== options.path) return void outgoing.writeHead(404).end();
    if (name === null || type === undefined || !accepted) return void outgoing.writeHead(400).end();

    const body = JSON.stringify(dnsJson(name, type, options.answer(name, type)));
    outgoing
      .writeHead(200, { "content-type": "application/dns-json", "cache-control": "no-store" })
      .end(body);
  });
}

function recordType(text: string): number | undefined {
  return TYPES[text.toUpperCase()] ?? (/^\d{1,5}$/.test(text) ? Number(text) : undefined);
}

function dnsJson(name: string, type: number, answer: DnsAnswer) {
  return {
    Status: answer.status,
    TC: false,
    RD: true,
    RA: true,
    AD: false,
    CD: false,
    Question: [{ name, type }],
    ...(answer.records.length === 0
      ? {}
      : {
          Answer: answer.records.map((record) => ({
            name: record.name,
            type: record.type,
            TTL: record.ttl,
            data: record.data,
          })),
        }),
  };
}
