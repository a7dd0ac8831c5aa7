import { type Block, blockAt, hasReference, isBlock, listOf } from "./plan-reading";
import type { Violation } from "./violation";

/** What keys of well-known services look like, wherever they stand. */
const KEY_SHAPES = [
  /(AKIA|ASIA)[0-9A-Z]{16}/,
  /-----BEGIN [A-Z ]*PRIVATE KEY/,
  /dop_v1_[0-9a-f]{16}/,
  /gh[opsu]_[0-9A-Za-z]{20}/,
  /xox[abprs]-[0-9A-Za-z-]{10}/,
  /hooks\.slack\.com\/services\/T[0-9A-Z]+\/B[0-9A-Z]+\/[0-9A-Za-z]+/,
];

/** Arguments and variables whose value is a secret. Names of secrets, as in `…_SECRET` and `secret_id`, are none. */
const SECRET_KEYS =
  /^(.*_)?(password|passwd|secret|secret_string|secret_binary|secret_key|access_key|private_key|client_secret|token|api_key|auth_token)$|(PASSWORD|TOKEN|SECRET_ACCESS_KEY|PRIVATE_KEY|API_KEY|CLIENT_SECRET)$/;

/** Headers that carry a secret: what the stores know the edge by, and what everybody knows callers by. */
const SECRET_HEADERS = /^(aws:)?(referer|authorization|cookie)$/i;

/** Secrets that stand in the plan as text; a finding names the block, never the value. */
export function literalSecretViolations(plan: Block): readonly Violation[] {
  const addresses = new Set<string>();
  for (const [section, content] of Object.entries(plan)) {
    if (section !== "//") {
      collect(content, [section], addresses);
    }
  }
  for (const [name, variable] of Object.entries(blockAt(plan, "variable"))) {
    if (isBlock(variable) && variable.sensitive === true && (variable.default ?? null) !== null) {
      addresses.add(`variable.${name}`);
    }
  }
  return [...addresses].map((address) => ({ rule: "no-literal-secrets", address }));
}

/** Adds the address of each block in which a secret stands. */
function collect(value: unknown, path: readonly string[], addresses: Set<string>): void {
  if (typeof value === "string") {
    if (isSecretText(value, path)) {
      addresses.add(addressOf(path));
    }
    const policy = path.at(-1) === "policy" ? parsed(value) : undefined;
    if (policy !== undefined) {
      collect(policy, path, addresses);
    }
    return;
  }
  // A list's entries are what its key says.
  const entries = Array.isArray(value)
    ? value.map((entry: unknown) => [entry, path] as const)
    : Object.entries(isBlock(value) ? value : {}).map(([key, entry]) => [entry, [...path, key]] as const);
  for (const [entry, place] of entries) {
    collect(entry, place, addresses);
  }
}

function isSecretText(text: string, path: readonly string[]): boolean {
  if (KEY_SHAPES.some((shape) => shape.test(text))) {
    return true;
  }
  const [key = "", parent = ""] = path.toReversed();
  const named = SECRET_KEYS.test(key) || SECRET_HEADERS.test(key);
  const headerValue = key === "value" && SECRET_HEADERS.test(parent);
  return (named || headerValue) && text !== "" && !hasReference(text);
}

/** As Terraform names it: two parts for a resource, three for a data source, else the section and what stands in it. */
function addressOf([section = "", ...path]: readonly string[]): string {
  switch (section) {
    case "resource":
      return path.slice(0, 2).join(".");
    case "data":
      return [section, ...path.slice(0, 2)].join(".");
    case "terraform":
      return [section, ...path.slice(0, 2)].join(".");
    default:
      return [section, ...path.slice(0, 1)].join(".");
  }
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return listOf(value).every(isBlock) ? value : undefined;
  } catch {
    return undefined;
  }
}
