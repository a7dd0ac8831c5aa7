import { parse } from "yaml";
import { z } from "zod";

/** Looked at without being asked to; written by people, beside the runbook. */
export const CONTACTS_FILE = "runbook.contacts.yaml";

const person = z.string().trim().min(1).optional();

const CONTACTS = z.strictObject({
  decides: person,
  flips: person,
  writers: person,
  tells: person,
});

/** Who has which role, and how to reach them, in words: `the rota "storage", +49 30 …`. */
export type Contacts = Readonly<z.infer<typeof CONTACTS>>;

export class ContactsError extends Error {
  public override readonly name = "ContactsError";
}

/** @throws ContactsError naming the file and what is wrong */
export function parseContacts(text: string, file: string): Contacts {
  try {
    return CONTACTS.parse(parse(text) ?? {});
  } catch (error) {
    const why =
      error instanceof z.ZodError
        ? error.issues.map(({ path, message }) => [...path.map(String), message].join(": ")).join("; ")
        : "no YAML";
    throw new ContactsError(`${file}: ${why}; allowed: decides, flips, writers, tells, each a text`, {
      cause: error,
    });
  }
}
