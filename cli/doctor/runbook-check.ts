import type { Check, Finding, RunbookState } from "./check";

export const RUNBOOK_CHECK: Check = {
  id: "runbook",
  group: "runbook",
  title: "the runbook is the one of this deployment",
  run: async (patient) => judgeRunbook(await patient.runbook()),
};

export function judgeRunbook(state: RunbookState | undefined): Finding {
  if (state === undefined) {
    return {
      status: "warning",
      found: "there is none",
      fix: "storage-failover runbook --out RUNBOOK.md, and commit it",
    };
  }
  const { file, staleLines } = state;
  if (staleLines === 0) return { status: "ok", found: `${file} is what would be written now` };
  return {
    status: "problem",
    found: `${file} is stale: ${staleLines} lines`,
    fix: `storage-failover runbook --out ${file}`,
  };
}
