import { isIPv4 } from "node:net";
import {
  CLOUDFLARE_IPV4_RANGES,
  CLOUDFLARE_RANGES_DATE,
  CLOUDFLARE_RANGES_URL,
} from "../lib/primary/cloudflare-ranges";

/** As everywhere in this project: 0 equal, 1 different, 2 wrong use, 3 not reachable. */
const EXIT = { equal: 0, different: 1, wrongUse: 2, unreachable: 3 } as const;

const TIMEOUT_SECONDS = 30;

const USAGE = `usage: check-cloudflare-ranges [url]    url defaults to ${CLOUDFLARE_RANGES_URL}`;

const PINNED_FILE = "lib/primary/cloudflare-ranges.ts";

/**
 * `npm run check:cloudflare-ranges`: whether the networks that the bucket's policy and the droplet's proxy let in are still
 * the ones that Cloudflare publishes.
 */
async function main(given: readonly string[]): Promise<number> {
  const [url = CLOUDFLARE_RANGES_URL, ...more] = given;
  if (more.length > 0 || !URL.canParse(url)) {
    console.error(USAGE);
    return EXIT.wrongUse;
  }
  let published: readonly string[];
  try {
    published = networksIn(await read(url));
  } catch (error) {
    console.error(`${url} cannot be read: ${reasonOf(error)}`);
    console.error("Nothing was compared. Try again, from a network that reaches it.");
    return EXIT.unreachable;
  }
  return compare(published, url);
}

function compare(published: readonly string[], url: string): number {
  const missing = published.filter((range) => !CLOUDFLARE_IPV4_RANGES.includes(range));
  const extra = CLOUDFLARE_IPV4_RANGES.filter((range) => !published.includes(range));
  const pinned = `the ${CLOUDFLARE_IPV4_RANGES.length} networks pinned on ${CLOUDFLARE_RANGES_DATE}`;
  if (missing.length === 0 && extra.length === 0) {
    console.log(`${url} lists ${pinned}, and no other.`);
    return EXIT.equal;
  }
  console.log(`${url} differs from ${pinned}:`);
  for (const range of missing) {
    console.log(`  missing  ${range}  published, but not let in: readers routed through it get errors`);
  }
  for (const range of extra) {
    console.log(`  extra    ${range}  let in, but no longer Cloudflare's`);
  }
  console.log(`Correct ${PINNED_FILE} and its date, and deploy primary and secondary.`);
  return EXIT.different;
}

async function read(url: string): Promise<string> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_SECONDS * 1000) });
  if (!answer.ok) {
    throw new Error(`status ${answer.status}`);
  }
  return answer.text();
}

/** @throws Error for a text that is no list of networks, such as an error page: it must not read as an empty list */
function networksIn(text: string): readonly string[] {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const stranger = lines.find((line) => !isNetwork(line));
  if (lines.length === 0 || stranger !== undefined) {
    throw new Error(
      `it answers no list of IPv4 networks, but ${JSON.stringify((stranger ?? "").slice(0, 60))}`,
    );
  }
  return lines;
}

function isNetwork(line: string): boolean {
  const [address = "", bits = "", ...more] = line.split("/");
  return isIPv4(address) && /^\d{1,2}$/.test(bits) && Number(bits) <= 32 && more.length === 0;
}

/** What `fetch` says is "fetch failed"; the reason is below. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = EXIT.unreachable;
  },
);
