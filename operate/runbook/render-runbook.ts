import type { Contracts } from "../dependencies/contract";
import { needOf, RECOVERY_TASKS } from "../dependencies/contract";
import { EDGE_FACTS_FILE, type EdgeFacts } from "../edge-facts";
import { withoutTools } from "./by-hand";
import type { Contacts } from "./contacts";
import { decisions, detection, roles } from "./decide";
import type { Deployment } from "./deployment";
import { DECIDE_AFTER_MINUTES, duration, type Expectations, expectations } from "./expectations";
import { command, failbackSteps, failoverSteps } from "./flip-steps";
import { code, shell, table } from "./markdown";
import { type Measured, measuredComment } from "./measured";
import { messages } from "./messages";
import { places } from "./places";
import { stepsText } from "./procedure";
import { refusalTable } from "./refusals";

/** Everything that a runbook is made of. */
export interface RunbookSource {
  readonly deployment: Deployment;
  /** Absent before `storage-failover facts` was run: then the runbook says what it lacks. */
  readonly facts?: EdgeFacts;
  readonly measured?: Measured;
  readonly contacts?: Contacts;
  readonly contracts: Contracts;
}

/** The whole document, in Markdown. The same source gives the same text: a pipeline compares. */
export function renderRunbook(source: RunbookSource): string {
  const { deployment, facts, measured, contacts = {}, contracts } = source;
  const expected = expectations(deployment);
  const situation = { deployment, expected, measured };
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ["What rings", [detection(deployment), shell(command(deployment, "status"))]],
    ["Decide", [roles(contacts), decisions(deployment, expected), weighing(deployment)]],
    [
      "Failover: the primary is lost",
      [
        "Asks nothing of the primary, nor of AWS. (The secondary is active and lost? The same with `primary` in the place of `secondary`.)",
        stepsText(3, failoverSteps(situation)),
        "### When it refuses",
        "Every reason is named at once. Force one by one, by name, as in `--force marker`; say aloud why.",
        refusalTable(deployment, expected),
      ],
    ],
    [
      "Failback, or any planned flip",
      [
        "Both stores are well, nobody hurries. (Maintenance of the primary? The same with `secondary` in the place of `primary`.)",
        stepsText(4, failbackSteps(situation)),
      ],
    ],
    ["Call it off", [callOff(deployment)]],
    ["When the tools are down", [withoutTools(deployment, facts)]],
    ["Afterwards", [afterwards(deployment)]],
    ["What to say", [messages(deployment, expected)]],
    ["Names, ids, places", [places(deployment, facts)]],
    ["What a flip needs", [needs(contracts)]],
  ];
  return [
    `# Runbook: ${deployment.hostname}`,
    "Written by `storage-failover runbook` from the plan, Cloudflare's ids and the last drill. Do not edit it: write it anew.",
    "**Reads move by themselves. Only writes wait for you, and waiting loses nothing.** Breathe; read a step to its end before you type.",
    shortcuts(sections.map(([title]) => title)),
    times(expected, measured),
    "## 0. Before you type",
    beforeYouType(source),
    ...sections.flatMap(([title, parts], index) => [heading(index + 1, title), ...parts]),
    `${measuredComment(measured)}\n`,
  ].join("\n\n");
}

function heading(number: number, title: string): string {
  return `## ${number}. ${title}`;
}

function shortcuts(titles: readonly string[]): string {
  const anchor = (index: number, title: string) =>
    `${index + 1}. ${title}`
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-");
  return titles.map((title, index) => `${index + 1} [${title}](#${anchor(index, title)})`).join(" · ");
}

function times(expected: Expectations, measured: Measured | undefined): string {
  const last = (seconds: number | undefined) => (seconds === undefined ? "–" : duration(seconds));
  const rows = [
    [
      "reads fail, until the edge has moved them",
      `at most ${duration(expected.readsWorst)}`,
      last(measured?.readsSeconds),
    ],
    ["you decide", `after ${DECIDE_AFTER_MINUTES} min of failing writes`, "–"],
    ["flip, by api", "1 min", "–"],
    ["fence, then writers go on", duration(expected.fence), last(measured?.writesSeconds)],
    [
      "writes that may be missing after an unplanned flip",
      expected.dataAtRiskWorst === undefined ? "–" : `those of at most ${duration(expected.dataAtRiskWorst)}`,
      last(measured?.dataAtRiskSeconds),
    ],
    [
      "writes stand still in a planned flip",
      expected.pausedWorst === undefined ? "–" : `at most ${duration(expected.pausedWorst)}, and a pass`,
      last(measured?.writesPausedSeconds),
    ],
  ];
  const drill =
    measured === undefined
      ? "**Never rehearsed**: no drill's report was there. Run `storage-failover drill` in a clone of the package, then write this anew."
      : `Last drill: ${measured.startedAt.slice(0, 10)}, ${measured.passed ? "passed" : "**not passed**"}${measured.stores === undefined ? "" : `, stores: ${measured.stores}`}. A drill's clock is scaled.`;
  return `${table(["time", "expected", "last drill"], rows)}\n\n${drill}`;
}

function beforeYouType({ deployment, facts }: RunbookSource): string {
  const { state, edgeVariables } = deployment;
  const rows = [
    [
      code("CLOUDFLARE_API_TOKEN"),
      "every flip, status",
      "edit of Load Balancers and DNS, read of Monitors and Pools",
    ],
    [
      code(EDGE_FACTS_FILE),
      "way A, by api",
      facts === undefined ? "**missing**: `storage-failover facts`" : "is in this repository",
    ],
    [
      `${code("SECONDARY_ACCESS_KEY_ID")}, ${code("SECONDARY_SECRET_ACCESS_KEY")}`,
      "to read how far the standby is behind while AWS is down",
      "a key pair of the secondary that may read; otherwise Secrets Manager is asked, by your AWS profile",
    ],
    [
      "an AWS profile",
      "failback, conflicts, strays; never a failover",
      "may read and write the primary, read the secret",
    ],
    ...(state === undefined
      ? []
      : [
          [
            state.profile === undefined
              ? "the state's key pair"
              : `profile ${code(state.profile)} in ${code("~/.aws/credentials")}`,
            "ways B and C",
            `opens ${code(state.bucket)}`,
          ],
        ]),
    ...edgeVariables.map((name) => [code(`TF_VAR_${name}`), "ways B and C", "where you keep secrets"]),
  ];
  return [
    "In the project's folder, at the commit that is deployed, with `node_modules`:",
    shell('alias storage-failover="npx storage-failover"', command(deployment, "doctor")),
    "(In a clone of this package: `npx tsx cli/main.ts`.)",
    table(["needed", "for", "what it is"], rows),
  ].join("\n\n");
}

function weighing({ replication }: Deployment): string {
  const where =
    replication.region === undefined ? "" : ` Its alarms and log are in ${replication.region}, section 9.`;
  return `Undecided? **Wait ten minutes and look again.** A flip that was not needed costs a fence of standing writes, and conflicts if a writer ignores the marker.${where}`;
}

function callOff(deployment: Deployment): string {
  return table(
    ["where you are", "do"],
    [
      ["before the command of 3.4 or 4.4", "nothing has changed. Message 4"],
      [
        "a flip stopped in the middle (network, Ctrl-C)",
        `the same command again: it reads what is there and goes on. ${code(command(deployment, "status"))} shows drift until then; readers are served either way`,
      ],
      [
        "a planned flip waits, writers are paused",
        `Ctrl-C in its terminal lets writers go on. The terminal is gone? ${code(command(deployment, "flip", "--resume-writes"))}`,
      ],
      [
        "flipped, and it was wrong",
        `the lost store is well: section 4 to go back, and lose nothing (within 30 min it is refused, as flips in a row do harm; if it must be: ${code("--force recent-flip")}). Not well: stay`,
      ],
      ["somebody else flips too", "stop. One of you goes on: the one whom 2 names"],
    ],
  );
}

function afterwards(deployment: Deployment): string {
  return [
    `1. ${code(command(deployment, "status"))} once an hour until the lag falls. Alarms of replication ring until the lost store is back.`,
    `2. When it is back: ${code(command(deployment, "conflicts"))} and ${code(command(deployment, "strays"))}, settled as in 4.2. Nothing is overwritten or deleted without you.`,
    "3. Merge the branch with the toggle before any pipeline applies the edge. Flipped back before that? Close its pull request and delete it: merged later, it would flip again.",
    `4. A secret was shown to somebody? ${code("storage-failover rotate --help")}`,
    "5. Write down times, what was seen, what was unclear here. Correct it where it comes from.",
    `6. Failback when it is quiet: section 4. Then ${code("storage-failover drill")}, and ${code("storage-failover runbook")}.`,
  ].join("\n");
}

function needs(contracts: Contracts): string {
  const rows = contracts.dependencies.flatMap((dependency) => {
    const ways = RECOVERY_TASKS.filter((task) => needOf(dependency, task, "to-secondary") !== "none").map(
      (task) => `${task} (${needOf(dependency, task, "to-secondary")})`,
    );
    if (ways.length === 0) return [];
    const { title, degrades, fallback } = dependency;
    return [[title, ways.join(", "), degrades, fallback?.is ?? "nothing"]];
  });
  return [
    "Of the failover to the secondary; `storage-failover dependencies` shows all. Hard: it stops without.",
    table(["needs", "by", "without it", "instead"], rows),
  ].join("\n\n");
}
