import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { otherStore, type StoreName } from "../../contract/stores";
import { toggleOf, withToggle } from "../../operate/flip/toggle-text";
import { Git } from "./git";

const FILE = "cdktf.json";

/** No such commit before. */
const NOTHING = "0".repeat(40);

export interface FlipBranch {
  readonly branch: string;
  readonly commit: string;
  /** First line of the commit, and of the pull request. */
  readonly title: string;
}

export interface BranchRequest {
  readonly folder: string;
  readonly to: StoreName;
  /** The commit that it begins at: the one that is deployed. */
  readonly base: string;
  /** @default - with the time in it */
  readonly branch?: string;
  /** Of the commit and the pull request. */
  readonly body: string;
}

/**
 * A branch with one commit that changes one word. The work tree, the index and the branch that is checked out stay as
 * they are, whatever is in them; nothing is pushed.
 *
 * @returns undefined when the word is there already
 * @throws WrongUseError with git's words; ToggleNotFoundError
 */
export async function makeFlipBranch(request: BranchRequest): Promise<FlipBranch | undefined> {
  const { folder, to, base, body } = request;
  const git = new Git(folder);
  const parent = (await git.run(["rev-parse", "--verify", "--end-of-options", `${base}^{commit}`])).trim();
  const before = await git.show(parent, FILE);
  if (toggleOf(before) === to) return undefined;
  const title = `flip: ${to} becomes active`;
  const branch = request.branch ?? `flip-to-${to}-${stamp(new Date())}`;
  const tree = await treeWith(git, parent, withToggle(before, to));
  const message = `${title}\n\n${body}\n`;
  const commit = (await git.run(["commit-tree", tree, "-p", parent, "-F", "-"], { input: message })).trim();
  await git.run(["check-ref-format", "--branch", branch]);
  await git.run(["update-ref", `refs/heads/${branch}`, commit, NOTHING]);
  return { branch, commit, title };
}

/** What a reviewer needs to know. */
export function pullRequestBody(to: StoreName, checks: string): string {
  return [
    `Writes go to ${to} instead of ${otherStore(to)}, and it comes first for readers.`,
    "",
    "Expected plan: 2 resources of the stack edge changed in place (marker, load balancer), nothing added or destroyed,",
    "every other stack unchanged.",
    "",
    checks,
    "",
    "Afterwards: storage-failover status. Back: the same with the other word.",
  ].join("\n");
}

/** The tree of a commit with the file's new text, by an index of its own. */
async function treeWith(git: Git, commit: string, content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "storage-failover-index-"));
  try {
    const environment = { GIT_INDEX_FILE: join(folder, "index") };
    const listed = await git.run(["ls-tree", "--full-name", commit, "--", FILE]);
    const [mode = "100644", , , ...path] = listed.trim().split(/\s+/);
    const blob = (await git.run(["hash-object", "-w", "--stdin"], { input: content })).trim();
    await git.run(["read-tree", commit], { environment });
    await git.run(["update-index", "--cacheinfo", `${mode},${blob},${path.join(" ")}`], { environment });
    return (await git.run(["write-tree"], { environment })).trim();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** As in `20260301T120000Z`: no character that a branch may not have. */
function stamp(now: Date): string {
  return now.toISOString().replaceAll(/[-:]|\.\d+/g, "");
}
