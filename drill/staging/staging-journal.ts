import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { STORE_NAMES } from "../../contract/stores";
import { errorCode } from "../machine/caught-error";
import { STAGING_FAULTS } from "./staging-config";

/** Version of the file's format. */
const JOURNAL_VERSION = 1;

/** Where the journal is, in a project's own folder. */
const FILE = join(".storage-failover", "staging-drill.json");

/** An object, whole: enough to put it back byte for byte. */
const keptObject = z.strictObject({
  bodyBase64: z.base64(),
  headers: z.strictObject({
    contentType: z.string().optional(),
    cacheControl: z.string().optional(),
    contentDisposition: z.string().optional(),
    contentEncoding: z.string().optional(),
    contentLanguage: z.string().optional(),
    expires: z.string().optional(),
    metadata: z.record(z.string(), z.string()),
  }),
  tags: z.record(z.string(), z.string()),
});

const shape = z.strictObject({
  version: z.literal(JOURNAL_VERSION),
  hostname: z.string(),
  /** Of the process that is at it. */
  pid: z.int().positive(),
  begunAt: z.iso.datetime(),
  /** What may be broken: written before it is. Absent: nothing is. */
  broken: z
    .strictObject({
      store: z.enum(STORE_NAMES),
      kind: z.enum(STAGING_FAULTS),
      since: z.iso.datetime(),
      /** Of the faults that touch the health object: what it was. */
      original: keptObject.optional(),
    })
    .optional(),
});

/** What a drill against a deployment has broken and not mended; there is none while no drill is under way. */
export type StagingJournal = Readonly<z.infer<typeof shape>>;
export type BrokenPart = NonNullable<StagingJournal["broken"]>;
export type KeptObject = z.infer<typeof keptObject>;

/** The journal is there and cannot be understood: what is broken has to be looked up by hand. */
export class StagingJournalError extends Error {
  public override readonly name = "StagingJournalError";
}

export function newStagingJournal(hostname: string, now: Date): StagingJournal {
  return { version: JOURNAL_VERSION, hostname, pid: process.pid, begunAt: now.toISOString() };
}

/** Keeps the journal of this project's drill. What was saved is on the disk when `save` returns, whatever happens next. */
export class StagingJournalFile {
  public readonly path: string;

  /** @param project - folder */
  constructor(project: string) {
    this.path = join(project, FILE);
  }

  /**
   * Undefined where no drill is unfinished.
   *
   * @throws StagingJournalError
   */
  public async read(): Promise<StagingJournal | undefined> {
    let text: string;
    try {
      text = await readFile(this.path, "utf8");
    } catch (error) {
      if (errorCode(error) === "ENOENT") return undefined;
      throw error;
    }
    try {
      return shape.parse(JSON.parse(text));
    } catch (error) {
      throw new StagingJournalError(
        `${this.path} cannot be understood; look at the pools and the health objects yourself (storage-failover status), then remove the file`,
        { cause: error },
      );
    }
  }

  public async save(journal: StagingJournal): Promise<void> {
    const folder = dirname(this.path);
    await mkdir(folder, { recursive: true });
    const beside = `${this.path}.${process.pid}.new`;
    const file = await open(beside, "w", 0o600);
    try {
      await file.writeFile(`${JSON.stringify(shape.parse(journal), null, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, this.path);
  }

  public async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }
}
