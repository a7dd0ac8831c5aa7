import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type FlipJournal, parseJournal } from "./journal";

/** Where the journal is, in a project's own folder. */
const FILE = join(".storage-failover", "flip.json");

/** Keeps the journal of this project's last flip. */
export class JournalFile {
  public readonly path: string;

  /** @param project - folder */
  constructor(project: string) {
    this.path = join(project, FILE);
  }

  /** Undefined where there is none; one that cannot be understood is none, since the marker says where a flip stands. */
  public async read(): Promise<FlipJournal | undefined> {
    try {
      return parseJournal(await readFile(this.path, "utf8"));
    } catch {
      return undefined;
    }
  }

  public async save(journal: FlipJournal): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true });
    const beside = `${this.path}.${process.pid}.new`;
    await writeFile(beside, `${JSON.stringify(journal, null, 2)}\n`, { mode: 0o600 });
    await rename(beside, this.path);
  }
}
