import { tryTraits } from "../../lambda/replicator/destination-probe";
import { type Capability, no, YES } from "./capability";
import { answerTo, DESK_PREFIX, type ProbeDesk } from "./probe-desk";

/** In the order of their UTF-8 bytes; by UTF-16 units the last two would change places. */
const IN_ORDER = ["order/a", "order/\uFF5E", "order/\u{1F600}"];
const PLAIN_TEXT = "text/a b+c%25&<é>'\"";
const CONTROL_TEXT = "text/control\u0001";

/** What listings tell, and which keys there can be. */
export const LISTING_CAPABILITIES: readonly Capability[] = [
  {
    id: "listing-order",
    title: "lists keys in the order of their UTF-8 bytes",
    need: "required",
    without: "two listings cannot be compared side by side",
    try: async (desk) => {
      await putInOtherOrder(desk);
      const listed = await keysFrom(desk, {});
      return same(
        listed,
        IN_ORDER.map((name) => desk.key(name)),
      )
        ? YES
        : no("they come in another order");
    },
  },
  {
    id: "listing-pages",
    title: "lists in pages, from any key on",
    need: "required",
    without: "a run cannot go on where the last one ended",
    try: async (desk) => {
      await putInOtherOrder(desk);
      const keys = IN_ORDER.map((name) => desk.key(name));
      const first = await desk.client.list({ prefix: `${DESK_PREFIX}order/`, limit: 1 });
      if (!first.isTruncated || first.objects.length !== 1) return no("a page of one key holds more");
      const rest = await keysFrom(desk, { after: keys[0] });
      return same(rest, keys.slice(1)) ? YES : no("it does not begin after the key that was named");
    },
  },
  {
    id: "key-characters",
    title: "lists keys with spaces, signs and letters as they are",
    need: "required",
    without: "a key would look absent under its own name",
    try: async (desk) => {
      await desk.put(PLAIN_TEXT, "one");
      return (await isListed(desk, PLAIN_TEXT)) ? YES : no("it is listed under another name");
    },
  },
  {
    id: "url-encoded-listings",
    title: "lists keys that XML cannot carry (encoding-type=url)",
    need: "exceptions",
    without: "keys with control characters cannot be replicated",
    try: async (desk) => {
      await desk.put(CONTROL_TEXT, "one");
      return (await isListed(desk, CONTROL_TEXT)) ? YES : no("it is listed under another name");
    },
  },
  {
    id: "all-keys",
    title: "holds keys of every shape",
    need: "exceptions",
    without: "such keys are reported, and not copied",
    try: async (desk) => {
      const { cannotHold, nests, keepsAnyExpires } = await tryTraits(
        desk.client,
        () => Promise.resolve(),
        DESK_PREFIX,
      );
      const lacking = [
        ...cannotHold,
        ...(nests ? [] : ["a/b beside a"]),
        ...(keepsAnyExpires ? [] : ["an Expires that is no date"]),
      ];
      return lacking.length === 0 ? YES : no(`not: ${lacking.join(", ")}`);
    },
  },
];

/** In another order than they must be listed in; unless they are there. */
async function putInOtherOrder(desk: ProbeDesk): Promise<void> {
  for (const name of IN_ORDER.toReversed()) await answerTo(desk.put(name, name));
}

async function keysFrom({ client }: ProbeDesk, { after }: { after?: string }): Promise<readonly string[]> {
  const { objects } = await client.list({ prefix: `${DESK_PREFIX}order/`, after });
  return objects.map(({ key }) => key);
}

async function isListed(desk: ProbeDesk, name: string): Promise<boolean> {
  const { objects } = await desk.client.list({ prefix: `${DESK_PREFIX}text/` });
  return objects.some(({ key }) => key === desk.key(name));
}

function same(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((text, index) => text === other[index]);
}
