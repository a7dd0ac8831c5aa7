/** A line that a committed runbook has otherwise than it would be written now. */
export interface StaleLine {
  /** In the committed file, from 1: where it stands, or where it is missing. */
  readonly line: number;
  readonly was?: string;
  readonly is?: string;
}

/** Lines that differ, in the order of the file; empty for a runbook that is as it should be. */
export function staleLines(committed: string, current: string): readonly StaleLine[] {
  const was = committed.split("\n");
  const is = current.split("\n");
  const kept = keptLines(was, is);
  const stale: StaleLine[] = [];
  let [left, right] = [0, 0];
  for (const [nextLeft, nextRight] of [...kept, [was.length, is.length] as const]) {
    const changed = Math.max(nextLeft - left, nextRight - right);
    for (let offset = 0; offset < changed; offset++) {
      const before = left + offset < nextLeft ? was[left + offset] : undefined;
      const now = right + offset < nextRight ? is[right + offset] : undefined;
      const line = Math.min(left + offset, nextLeft) + 1;
      stale.push({
        line,
        ...(before !== undefined && { was: before }),
        ...(now !== undefined && { is: now }),
      });
    }
    left = nextLeft + 1;
    right = nextRight + 1;
  }
  return stale;
}

/** A longest common subsequence, as pairs of positions. A runbook has some hundred lines. */
function keptLines(was: readonly string[], is: readonly string[]): readonly (readonly [number, number])[] {
  const lengths = Array.from({ length: was.length + 1 }, () => new Uint16Array(is.length + 1));
  const lengthAt = (left: number, right: number) => lengths[left]?.[right] ?? 0;
  for (let left = was.length - 1; left >= 0; left--) {
    const row = lengths[left] ?? [];
    for (let right = is.length - 1; right >= 0; right--) {
      row[right] =
        was[left] === is[right]
          ? lengthAt(left + 1, right + 1) + 1
          : Math.max(lengthAt(left + 1, right), lengthAt(left, right + 1));
    }
  }
  const kept: (readonly [number, number])[] = [];
  for (let [left, right] = [0, 0]; left < was.length && right < is.length; ) {
    if (was[left] === is[right]) kept.push([left++, right++]);
    else if (lengthAt(left + 1, right) >= lengthAt(left, right + 1)) left++;
    else right++;
  }
  return kept;
}
