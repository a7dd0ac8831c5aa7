type Action = () => Promise<void> | void;

/** What a run has to undo, whatever ends it: the last thing begun is ended first. */
export class Cleanup {
  private readonly actions: Action[] = [];

  /** @returns runs the action now rather than in the end */
  public add(action: Action): () => Promise<void> {
    this.actions.push(action);
    return async () => {
      const index = this.actions.indexOf(action);
      if (index === -1) return;
      this.actions.splice(index, 1);
      await action();
    };
  }

  /** Runs all that are left, even if one fails; then rejects with the first failure. Safe to call twice. */
  public async run(): Promise<void> {
    const failures: unknown[] = [];
    for (let action = this.actions.pop(); action !== undefined; action = this.actions.pop()) {
      try {
        await action();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
