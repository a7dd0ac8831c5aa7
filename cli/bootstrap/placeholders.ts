import { markerRecordName } from "../../contract/marker";
import { isObject, type PlanObject } from "../../operate/runbook/plan-walk";

/** The marker's name is made of the host name, which is shown itself. */
const DERIVED = markerRecordName("");

/** Host names and addresses under the domains that are reserved for documentation (RFC 2606). */
const EXAMPLE_DOMAIN = /[\w.%+@-]*\bexample\.(?:com|net|org)\b/g;

/** 32 times the same digit: an id that nobody has. */
const REPEATED_ID = /\b([0-9a-f])\1{31}\b/g;

/** Bucket names are shared by all of a cloud's customers; these have long been taken. */
const EXAMPLE_BUCKET = /^example-[a-z0-9-]+$/;

const EXAMPLE_SSH_KEY = "1234567";

/** Values of an example that were never replaced, each once, in the order in which they are met. */
export function placeholders(stack: PlanObject): readonly string[] {
  return [...new Set(texts(stack).flatMap(placeholdersIn))];
}

function placeholdersIn([name, text]: readonly [name: string, text: string]): readonly string[] {
  const found = [...text.matchAll(EXAMPLE_DOMAIN), ...text.matchAll(REPEATED_ID)].map(([word]) =>
    word.startsWith(DERIVED) ? word.slice(DERIVED.length) : word,
  );
  if (name === "bucket" && EXAMPLE_BUCKET.test(text)) found.push(text);
  if (name === "ssh_keys" && text === EXAMPLE_SSH_KEY) found.push(text);
  return found;
}

/** Every text of a plan with the name that it stands under; CDKTF's own notes aside. */
function texts(value: unknown, name = ""): readonly (readonly [name: string, text: string])[] {
  if (typeof value === "string") return [[name, value]];
  if (Array.isArray(value)) return value.flatMap((one) => texts(one, name));
  if (!isObject(value)) return [];
  return Object.entries(value)
    .filter(([key]) => key !== "//")
    .flatMap(([key, one]) => texts(one, key));
}
