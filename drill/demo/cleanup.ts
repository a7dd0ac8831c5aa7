/** What a run has to undo, whatever ends it: the last thing begun is ended first. */
export class Cleanup {
  private readonly actions: (() => Promise<void> | void)[] = [];

  public add(action: () => Promise<void> | void): void {
    this.actions.push(action);
  }

  /** Runs all, even if one fails; then rejects with the first failure. Safe to call twice. */
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
