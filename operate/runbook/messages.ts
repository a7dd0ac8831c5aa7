import type { Deployment } from "./deployment";
import { duration, type Expectations } from "./expectations";
import { quote } from "./markdown";

/** What to say to people, with the blanks that only the hour can fill: section 8. */
export function messages({ hostname }: Deployment, expected: Expectations): string {
  const paused = duration(expected.pausedWorst ?? 2 * expected.fence);
  const risk =
    expected.dataAtRiskWorst === undefined
      ? ""
      : ` Writes of the last ${duration(expected.dataAtRiskWorst)} before it may be missing for now; we will list them.`;
  const texts: readonly (readonly [string, string])[] = [
    [
      "1 We are at it (every 30 minutes again, even with nothing new)",
      `${hostname}: since __:__ UTC objects cannot be written. Reads work; what was written in the last minutes may be missing in them. We are deciding whether to move writes to the standby. Next word at __:__ UTC.`,
    ],
    [
      "2 Moved",
      `${hostname}: since __:__ UTC writes go to the ______ store. Programs that call resolveActiveStore() go on by themselves within ${duration(expected.fence)}; anything else must be pointed at its endpoint by hand.${risk} Reads were affected from __:__ to __:__ UTC.`,
    ],
    [
      "3 Planned",
      `${hostname}: on ______ from __:__ UTC writes pause for up to ${paused}. Programs that call resolveActiveStore() stop and go on by themselves. Anything else that writes must be stopped before, and started again when we say so. Reads go on. Nothing is lost.`,
    ],
    [
      "4 Not moved",
      `${hostname}: writes stay where they are. They work again since __:__ UTC / they wait until ______ is back. Reads work.`,
    ],
  ];
  return texts.map(([title, text]) => `**${title}**\n\n${quote(text)}`).join("\n\n");
}
