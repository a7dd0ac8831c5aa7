import { DEFAULT_RESOLVERS } from "../../contract/environment";
import { HEALTH_KEY, healthBody } from "../../contract/state-keys";
import { otherStore, type StoreName } from "../../contract/stores";
import type { Deployment } from "./deployment";
import { duration, type Expectations } from "./expectations";
import { code } from "./markdown";
import type { Measured } from "./measured";
import type { RunbookStep } from "./procedure";
import { stackNames } from "./read-deployment";

export interface FlipSituation {
  readonly deployment: Deployment;
  readonly expected: Expectations;
  readonly measured: Measured | undefined;
}

/** The active store is lost, and a person has decided: section 3. */
export function failoverSteps(situation: FlipSituation): readonly RunbookStep[] {
  const { expected } = situation;
  return [
    look(situation, "secondary"),
    {
      title: "Rehearse: what it would do, what stands against it, what would be lost.",
      commands: [flip(situation, "secondary", "api", "--dry-run")],
      see: "no line with ✘, and what could be missing. A line with ✘ would refuse 3.4: see the table below.",
      takes: "1 min",
      undo: "nothing was changed",
    },
    {
      title: "Tell writers and stakeholders: message 1 of section 8.",
      commands: [],
      see: "whoever answers for the writers has answered, or five minutes have passed",
      takes: "2 min; do not wait longer",
      undo: "message 4",
    },
    {
      title: "Flip. One of three ways: the first that works is right, and is enough.",
      commands: [],
      ways: ways(situation, "secondary"),
      see: `it asks for the store's name: type it. Then that secondary is active, read back from Cloudflare. Refused? See the table below.`,
      takes: `1 min by api, 3 min by apply, as long as a review by config${behind(expected)}`,
      undo: `the same command again goes on where it stopped; ${code("--to primary")} turns back, while the primary is well`,
    },
    {
      title: "Wait for the fence. Writers do so by themselves.",
      commands: [`sleep ${Math.ceil(expected.fence)}`],
      see: "writers write again: ask whoever answers for them",
      takes: `${duration(expected.fence)}${lastTime(situation.measured?.writesSeconds, "from the loss to the first write")}`,
      undo: "nothing to do",
    },
    verify(situation, "secondary"),
    {
      title: "Tell everybody: message 2. Then make the configuration follow, if you flipped by api.",
      commands: [flip(situation, "secondary", "config")],
      see: `a branch with one changed word in ${code("cdktf.json")}. Until it is merged, no pipeline may apply the edge.`,
      takes: "5 min, by daylight",
      undo: "delete the branch",
    },
  ];
}

/** Both stores are well: section 4, and any flip for maintenance. Loses nothing. */
export function failbackSteps(situation: FlipSituation): readonly RunbookStep[] {
  const { expected, measured, deployment } = situation;
  return [
    {
      title: "Wait until replication has caught up with the primary.",
      commands: [command(deployment, "status")],
      see: `active secondary; primary healthy; last run clean; lag below ${duration(expected.lagObjective)}`,
      takes: "as long as what was written in the outage takes to copy",
      undo: "nothing was changed; the secondary is active by right, and nothing hurries you",
    },
    {
      title:
        "Settle what the outage left: it refuses 4.4. (Source is the secondary, destination the primary.)",
      commands: [command(deployment, "conflicts"), command(deployment, "strays")],
      ways: settling(deployment),
      see: "nothing open, and after the next clean run still nothing. Every version is kept; ask who owns the data.",
      takes: `a minute a key; ${code("--all --yes")} in the place of ${code("--resolve KEY")} takes all that are shown, of every kind: only where one answer is right for all of them`,
      undo: "the same command with the other side",
    },
    {
      title: "Tell writers: message 3, half an hour before.",
      commands: [],
      see: "whoever answers for the writers has answered",
      takes: "30 min",
      undo: "message 4",
    },
    {
      title: "Flip, planned: it pauses writers, waits, lets a clean pass finish, flips, resumes.",
      commands: [flip(situation, "primary", "api", "--planned")],
      see: "it asks for the store's name: type it, and leave the terminal open. At the end primary is active",
      takes: `writes stand still for up to ${duration(expected.pausedWorst ?? 2 * expected.fence)} and a pass${lastTime(measured?.writesPausedSeconds, "")}`,
      undo: "Ctrl-C: it says how writers go on, and does it; before the flip nothing else has changed",
    },
    verify(situation, "primary"),
    {
      title: `Tell everybody: message 2 as far as "by hand", for nothing is missing. Make the configuration follow.`,
      commands: [flip(situation, "primary", "config")],
      see: `a branch to be merged, in which ${code("cdktf.json")} says primary again; or that it says so already. Then the branch of 3.7 was never merged: close its pull request and delete it, for merged later it would flip again`,
      takes: "5 min",
      undo: "delete the branch",
    },
    {
      title: "Compare both stores, once a run that way was clean.",
      commands: [command(deployment, "verify", "--from", "primary", "--to", "secondary", "--quick")],
      see: "that they are equal. While writers write, ✘ and exit code 1 are to be expected: keys written since the last run differ. Look again after the next run: a key that is named again is a reason to ask, unless it was written again",
      takes: "a minute for a million objects",
      undo: "nothing was changed",
    },
  ];
}

/** What to type for each kind; section 7 sends people here too. */
function settling(deployment: Deployment): NonNullable<RunbookStep["ways"]> {
  const resolve = (name: "conflicts" | "strays", ...words: readonly string[]) =>
    command(deployment, name, "--resolve", "KEY", ...words);
  return [
    {
      title:
        "*stray*: written on the primary just before the loss, and missing on the secondary. Bring it over:",
      command: resolve("strays", "--restore", "--into-active"),
    },
    {
      title: "*late*, *deleted*: changed or deleted on the primary just before the loss. Let that hold:",
      command: resolve("conflicts", "--keep", "destination", "--into-active"),
    },
    {
      title: "*conflict*: written on both sides; or the secondary's is right for any other reason:",
      command: resolve("conflicts", "--keep", "source"),
    },
  ];
}

function look({ deployment }: FlipSituation, to: StoreName): RunbookStep {
  return {
    title: "Look: is it what you think it is?",
    commands: [command(deployment, "status")],
    see: `active ${otherStore(to)}, and it is the one that is unhealthy; ${to} healthy; the lag. What cannot be asked is "unknown": go on.`,
    takes: "1 min",
    undo: "nothing was changed",
  };
}

function verify({ deployment, measured }: FlipSituation, to: StoreName): RunbookStep {
  const { hostname, marker } = deployment;
  return {
    title: "Verify from outside.",
    commands: [
      ...DEFAULT_RESOLVERS.map((url) => askMarker(url, marker.name)),
      `curl -sS -w '\\n' https://${hostname}/${HEALTH_KEY}`,
      command(deployment, "status"),
    ],
    see: `twice ${code(`active=${to}`)}; then ${code(healthBody(to))}; then, of ✘ in the status, ${stillWanting(to)}`,
    takes: `1 min; resolvers may be ${duration(marker.ttlSeconds)} late${lastTime(measured?.readsSeconds, "reads were well again after the loss")}`,
    undo: `${code(`--to ${otherStore(to)}`)}, by section ${to === "secondary" ? 4 : 3}`,
  };
}

/** Over HTTPS, as running code asks: port 53 is closed to many. What it prints is the record's text. */
function askMarker(resolver: string, name: string): string {
  return `curl -sS -H 'accept: application/dns-json' '${resolver}?name=${name}&type=TXT' | grep -o 'active=[^"\\]*'`;
}

/** What is in order just after a flip, and has a cross all the same. */
function stillWanting(to: StoreName): string {
  return to === "secondary"
    ? "only the primary that is lost, and the configuration's word. The lag is unknown until it is back, and a run was clean"
    : "only the configuration's word, where it was made to follow before; and that the lag is unknown (no sync point yet), until the first run that way is clean";
}

function ways(situation: FlipSituation, to: StoreName): NonNullable<RunbookStep["ways"]> {
  const { deployment } = situation;
  const { edge } = stackNames(deployment.stackPrefix);
  const state =
    deployment.state === undefined ? "the state" : `the state in ${code(deployment.state.bucket)}`;
  return [
    {
      title:
        "**A**, by Cloudflare's API alone: needs the token and the file with the ids; no Terraform, no GitHub, no state.",
      command: flip(situation, to, "api"),
    },
    {
      title: `**B**, by Terraform, the stack ${code(edge)} only: needs ${state} too.`,
      command: flip(situation, to, "apply"),
    },
    {
      title:
        "**C**, by the pipeline: makes a branch with the changed word, for you to push and to have merged.",
      command: flip(situation, to, "config"),
    },
  ];
}

/** As it is typed; with the prefix of the stacks where the app has several sets. */
export function command({ stackPrefix }: Deployment, ...words: readonly string[]): string {
  const prefix = stackPrefix === "" ? [] : ["--stack-prefix", stackPrefix];
  return ["storage-failover", ...words, ...prefix].join(" ");
}

function flip({ deployment }: FlipSituation, to: StoreName, via: string, ...more: readonly string[]): string {
  return command(deployment, "flip", "--to", to, "--via", via, ...more);
}

function behind({ dataAtRiskWorst }: Expectations): string {
  return dataAtRiskWorst === undefined
    ? ""
    : `; writes of the last ${duration(dataAtRiskWorst)} may be missing until the primary is back`;
}

function lastTime(seconds: number | undefined, what: string): string {
  if (seconds === undefined) return "";
  return `; last drill: ${duration(seconds)}${what === "" ? "" : ` (${what})`}`;
}
