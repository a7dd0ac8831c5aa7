export interface WrittenFile {
  readonly content: string;
  /** Permissions, as a number. */
  readonly mode: number;
}

const INDENTATION = 6;

/** The files that a cloud-init document of ours writes, by path. */
export function writtenFiles(document: string): ReadonlyMap<string, WrittenFile> {
  const entries = document.split(/^ {2}- path: /m).slice(1);
  return new Map(
    entries.map((entry) => {
      const match = /^(\S+)\n {4}permissions: "(\d+)"\n {4}content: \|\n/.exec(entry);
      if (match === null) throw new Error(`not understood: ${entry.slice(0, 100)}`);
      const [head, path = "", permissions = ""] = match;
      const lines = entry.slice(head.length).split("\n");
      // The block ends with the first line that is indented less.
      const end = lines.findIndex((line) => line !== "" && !line.startsWith(" ".repeat(INDENTATION)));
      const content = lines.slice(0, end === -1 ? undefined : end).map((line) => line.slice(INDENTATION));
      return [path, { content: `${content.join("\n").trimEnd()}\n`, mode: Number.parseInt(permissions, 8) }];
    }),
  );
}
