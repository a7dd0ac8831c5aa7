/** What a run tells whoever watches it. */
export interface DemoProgress {
  /** Begins a step; the one before has ended. */
  step(name: string): DemoStep;
  /** A line between steps. */
  note(text: string): void;
}

export interface DemoStep {
  /** Says how far it is. */
  update(text: string): void;
  /** Ends it, with what came out; further lines explain. */
  done(result: string, ...lines: string[]): void;
}
