import type { StoreName } from "../../contract/stores";
import type { CloudflareApi } from "../../operate/cloudflare/cloudflare-api";
import type { EdgeFacts } from "../../operate/edge-facts";
import type { Known } from "../../operate/known";
import type { OriginAnswer } from "../../operate/observation";
import type { ReachableStore } from "../stores/open-stores";
import type { BucketSize } from "./bucket-size";
import type { EndpointAnswer } from "./endpoints";
import type { Volume } from "./volume";

export type FindingStatus = "ok" | "warning" | "problem" | "skipped";

/** What a check came to. */
export interface Finding {
  readonly status: FindingStatus;
  /** What was found, with figures; several things are on a line each. */
  readonly found: string;
  /** What would put it right, or make it possible to check; absent where nothing is to be done. */
  readonly fix?: string;
  /** The figures for machines; in bytes where the name says nothing else. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** What checks may ask for; each is found out once, when it is first asked for. */
export interface Patient {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  bucket(): Promise<BucketSize>;
  volume(): Promise<Volume>;
  /** Opened anew for each that asks; whoever asks closes its client. @throws WrongUseError where none is configured */
  store(name: StoreName): Promise<ReachableStore & { readonly secretName?: string }>;
  /** Everything that a flip needs to reach, each asked once. */
  endpoints(): Promise<readonly EndpointAnswer[]>;
  origin(store: StoreName): Promise<Known<OriginAnswer>>;
  /** @throws NotAskedError without a token */
  cloudflare(): Promise<CloudflareApi>;
  /** As the file has them. @throws FactsMissingError, FactsMalformedError */
  facts(): Promise<EdgeFacts>;
  /** Image of the standby's server as planned; undefined where none is. */
  serverImage(): Promise<string | undefined>;
  /** What `runbook --check` comes to; undefined where there is no runbook. */
  runbook(): Promise<RunbookState | undefined>;
}

export interface RunbookState {
  readonly file: string;
  readonly staleLines: number;
}

export interface Check {
  /** Stable, for `--json` and to ask for it alone. */
  readonly id: string;
  /** Checks that are asked for by one word; the same as the id where there is but one. */
  readonly group: CheckGroup;
  readonly title: string;
  run(patient: Patient): Promise<Finding>;
}

/** What `doctor` can be asked for, in the order in which it is shown: what costs most comes last. */
export const CHECK_GROUPS = [
  "versions",
  "clock",
  "reachability",
  "cloudflare",
  "facts",
  "credentials",
  "certificates",
  "runbook",
  "volume",
] as const;

export type CheckGroup = (typeof CHECK_GROUPS)[number];

/** A check with what it came to. */
export type Checked = Pick<Check, "id" | "title"> &
  Finding & {
    /** It could not be made, because something did not answer. */
    readonly unreachable?: true;
  };
