import type { Contacts } from "./contacts";
import type { Deployment } from "./deployment";
import { DECIDE_AFTER_MINUTES, duration, type Expectations } from "./expectations";
import { command } from "./flip-steps";
import { code, table } from "./markdown";

/** What rings, and what it means: section 1. */
export function detection({ hostname, notified, replication }: Deployment): string {
  const store = [
    [
      `Cloudflare: "${hostname}: a store's health changed"`,
      notified.length === 0 ? "nobody: set notificationEmails" : notified.join(", "),
      "the monitors take a store out, or back in. Readers are moved already",
      "section 2",
    ],
    ["writers fail", "whoever owns them", "the active store may be lost", "section 2"],
  ];
  const alarms = replication.alarms.map(({ name, means }) => [
    code(name),
    "CloudWatch",
    means,
    "**no reason to flip.** By daylight: docs/watching.md",
  ]);
  return table(["rings", "tells", "means", "go to"], [...store, ...alarms]);
}

/** Who does what: section 2. */
export function roles(contacts: Contacts): string {
  const unnamed = "**nobody is named**";
  return table(
    ["role", "who", "does"],
    [
      ["decides", contacts.decides ?? unnamed, "says flip or wait; the only one who may accept a loss"],
      ["flips", contacts.flips ?? unnamed, "types; reads each command aloud first"],
      [
        "writers",
        contacts.writers ?? unnamed,
        "answers for the programs that write; knows whether they wait by themselves",
      ],
      ["tells", contacts.tells ?? unnamed, "sends the messages of section 8, keeps the times"],
    ],
  );
}

/** What one sees, and what follows: section 2. */
export function decisions(deployment: Deployment, expected: Expectations): string {
  const status = code(command(deployment, "status"));
  const lag = duration(expected.lagObjective);
  const rows: readonly (readonly [string, string])[] = [
    [`Reads fail, for less than ${duration(expected.readsWorst)}`, "**Wait.** The edge moves them by itself"],
    [
      `Reads fail for longer, ${status} finds both stores healthy`,
      "**Do not flip.** It is the edge, a rule, or the network: Cloudflare's status page",
    ],
    [
      `Reads are well, writes fail, for less than ${DECIDE_AFTER_MINUTES} min`,
      "**Wait.** Writes that wait are cheaper than conflicts that people must settle",
    ],
    [
      `Writes fail for ${DECIDE_AFTER_MINUTES} min, the active store is unhealthy, its cloud names no end, the standby is healthy and less than ${lag} behind`,
      "**Flip**: section 3",
    ],
    [
      `The same, but the standby is more than ${lag} behind, or nobody knows`,
      `Whoever decides weighs the writes that would be missing against the outage. Then section 3 with ${code("--accept-loss")}, or wait`,
    ],
    [
      "The standby is unhealthy too",
      "**Do not flip.** There is nothing to flip to: repair the one that is nearer to well",
    ],
    ["Only an alarm of replication rings", "**Do not flip**"],
    [
      "Objects are wrong, or were deleted, and both stores answer",
      "**Do not flip.** It is replicated already: docs/point-in-time-recovery.md",
    ],
    [
      "Resolvers disagree, or the marker and Cloudflare's record",
      `Wait ${duration(deployment.marker.ttlSeconds)}, look again: somebody may be flipping`,
    ],
    [
      `${status} says read-only`,
      `A planned flip is under way: ask who is at it. Nobody is? ${code(command(deployment, "flip", "--resume-writes"))}`,
    ],
    ["Cloudflare is down", "Section 6"],
  ];
  return table(["what you see", "decision"], rows);
}
