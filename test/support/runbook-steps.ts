/** One step of a generated runbook, as a reader sees it. */
export interface ReadStep {
  readonly title: string;
  /** What stands in each fenced block, in order. */
  readonly blocks: readonly string[];
  /** What one must see. */
  readonly see: string;
}

/** The steps by their number, as in `3.4`. */
export function readSteps(runbook: string): ReadonlyMap<string, ReadStep> {
  const parts = runbook.split(/^\*\*(?=\d\.\d )/m).slice(1);
  return new Map(
    parts.map((part) => {
      const [, number = "", title = ""] = /^(\d\.\d) (.*)\*\*$/m.exec(part) ?? [];
      // A step ends where a heading begins.
      const [own = ""] = part.split(/^#/m);
      return [number, { title, blocks: blocksOf(own), see: /^- See: (.*)$/m.exec(own)?.[1] ?? "" }];
    }),
  );
}

/** The blocks of a section that has no steps. */
export function sectionBlocks(runbook: string, number: number): readonly string[] {
  const [, section = ""] = runbook.split(new RegExp(`^## ${number}\\. .*$`, "m"));
  const [own = ""] = section.split(/^## /m);
  return blocksOf(own);
}

function blocksOf(text: string): readonly string[] {
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = ""]) => block);
}
