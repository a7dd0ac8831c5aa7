/** What a run tells whoever watches it. */
export interface RunProgress {
  /** Begins a step; the one before has ended. */
  step(name: string): ProgressStep;
  /** A line between steps. */
  note(text: string): void;
}

export interface ProgressStep {
  /** Says how far it is. */
  update(text: string): void;
  /** Ends it, with what came out; further lines explain. */
  done(result: string, ...lines: string[]): void;
}
