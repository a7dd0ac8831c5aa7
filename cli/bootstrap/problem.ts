import type { RefusalReason } from "../refused-error";

/** What stands against a deployment, and what would clear it. */
export type Problem = RefusalReason;
