/**
 * Objects whose fate the story tells. They are written by persons of the story, straight to a store, and
 * touched by nobody else.
 */
export const STORY = {
  /** Overwritten on the primary just before it dies; the write is not replicated in time. */
  late: "story/written-just-before-the-loss.txt",
  /** Made on the primary just before it dies. */
  lateNew: "story/made-just-before-the-loss.txt",
  /** Deleted on the primary just before it dies: must not come back from the secondary. */
  deletedOnPrimary: "story/deleted-on-primary.txt",
  /** Deleted on the secondary while it is active: must not come back from the primary. */
  deletedOnSecondary: "story/deleted-on-secondary.txt",
  /** Written on both sides, on purpose. */
  conflict: "story/written-on-both-sides.txt",
  /** Overwritten on the secondary while it is active. */
  overwritten: "story/overwritten-on-secondary.txt",
  /** Made on the secondary while it is active. */
  made: "story/made-on-secondary.txt",
} as const;

/** Those that exist before anything breaks. */
export const STORY_KEYS_AT_FIRST: readonly string[] = [
  STORY.late,
  STORY.deletedOnPrimary,
  STORY.deletedOnSecondary,
  STORY.conflict,
  STORY.overwritten,
];

/** A body that says what it is. */
export function storyBody(key: string, chapter: string): Buffer {
  return Buffer.from(`${key}\n${chapter}\n`);
}
