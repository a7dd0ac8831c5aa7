import { BlockList } from "node:net";

/** Who asks, as AWS sees them: `anonymous`, an account's role, or one of AWS's own services. */
export type Asking = "anonymous" | { readonly account: string } | { readonly service: string };

export interface PolicyRequest {
  readonly from: Asking;
  readonly action: string;
  readonly resource: string;
  /** Condition keys of the request; what is not here is missing from it. */
  readonly context?: Readonly<Record<string, string>>;
}

/** `not granted`: the policy says nothing, and the one who asks must be allowed by another. */
export type PolicyDecision = "allowed" | "refused" | "not granted";

interface Statement {
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: "*" | { readonly Service: string };
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/**
 * What AWS decides by one policy document of a synthesized plan, with the operators that ours use; any other fails the test.
 *
 * @param references values of the plan's references, by their text
 */
export function decide(
  policy: unknown,
  request: PolicyRequest,
  references: Readonly<Record<string, string>> = {},
): PolicyDecision {
  const text = Object.entries(references).reduce(
    (resolved, [name, value]) => resolved.replaceAll(`\${${name}}`, value),
    String(policy),
  );
  if (/(?<!\$)\$\{/.test(text)) {
    throw new Error(`a reference is not resolved in ${text}`);
  }
  // What Terraform makes of an escaped template.
  const document: { Statement: readonly Statement[] } = JSON.parse(text.replaceAll("$${", "${"));
  const effects = document.Statement.filter((statement) => applies(statement, request)).map(
    ({ Effect }) => Effect,
  );
  if (effects.includes("Deny")) return "refused";
  return effects.includes("Allow") ? "allowed" : "not granted";
}

function applies(statement: Statement, request: PolicyRequest): boolean {
  const context = contextOf(request);
  return (
    isPrincipal(statement.Principal, request.from) &&
    listed(statement.Action).some((pattern) => isLike(request.action, pattern)) &&
    listed(statement.Resource).some((pattern) => isLike(request.resource, pattern)) &&
    Object.entries(statement.Condition ?? {}).every(([operator, keys]) =>
      Object.entries(keys).every(([key, wanted]) =>
        holds(
          operator,
          context[key],
          listed(wanted).map((value) => value.replace(/\$\{([\w:]+)\}/g, (_, name) => context[name] ?? "")),
        ),
      ),
    )
  );
}

function contextOf({ from, context }: PolicyRequest): Readonly<Record<string, string | undefined>> {
  const account = from === "anonymous" ? "anonymous" : "account" in from ? from.account : undefined;
  return { "aws:PrincipalAccount": account, "aws:ResourceAccount": "111122223333", ...context };
}

function isPrincipal(principal: Statement["Principal"], from: Asking): boolean {
  if (principal === undefined || principal === "*") return true;
  return typeof from === "object" && "service" in from && from.service === principal.Service;
}

function holds(operator: string, actual: string | undefined, wanted: readonly string[]): boolean {
  if (operator.endsWith("IfExists")) {
    return actual === undefined || holds(operator.slice(0, -"IfExists".length), actual, wanted);
  }
  // AWS: a missing key matches a negated operator, and no other.
  if (actual === undefined) return operator === "StringNotEquals";
  switch (operator) {
    case "StringEquals":
    case "Bool":
      return wanted.includes(actual);
    case "StringNotEquals":
      return !wanted.includes(actual);
    case "StringLike":
    case "ArnLike":
      return wanted.some((pattern) => isLike(actual, pattern));
    case "NumericLessThan":
      return wanted.some((value) => Number(actual) < Number(value));
    case "IpAddress":
      return wanted.some((range) => isWithin(actual, range));
    default:
      throw new Error(`this test knows no operator ${operator}`);
  }
}

function isWithin(address: string, range: string): boolean {
  const [network = "", bits] = range.split("/");
  const list = new BlockList();
  list.addSubnet(network, Number(bits));
  return list.check(address);
}

function isLike(text: string, pattern: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s").test(text);
}

function listed(value: string | readonly string[]): readonly string[] {
  return typeof value === "string" ? [value] : value;
}
