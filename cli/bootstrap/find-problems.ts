import { STACK_NAMES } from "../../contract/stacks";
import { member, textAt } from "../../operate/runbook/plan-walk";
import { placeholders } from "./placeholders";
import type { Problem } from "./problem";
import { hasDroplet, type SynthesizedApp, type SynthesizedStack } from "./synthesized-stacks";
import { type TerraformVersion, versionProblem } from "./terraform-version";

/** What a deployment from this machine depends on, as it was found. */
export interface Found {
  readonly app: SynthesizedApp;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Name or path of the Terraform program. */
  readonly terraformProgram: string;
  /** Undefined: there is none, or it is something else. */
  readonly terraform: TerraformVersion | undefined;
  /** Which other programs there are, by name. */
  readonly programs: ReadonlySet<string>;
  /** Whether the AWS SDK's chain finds credentials. */
  readonly awsCredentials: boolean;
  /** Profiles of the state's buckets for which there are no credentials. */
  readonly missingProfiles: readonly string[];
}

/** A token that a provider reads from the environment, unless the stack gives it one. */
interface ProviderToken {
  readonly provider: string;
  /** The provider's own arguments for it. */
  readonly given: readonly string[];
  /** Any of these will do. */
  readonly variables: readonly string[];
  readonly remedy: string;
}

const PROVIDER_TOKENS: readonly ProviderToken[] = [
  {
    provider: "digitalocean",
    given: ["token"],
    variables: ["DIGITALOCEAN_TOKEN", "DIGITALOCEAN_ACCESS_TOKEN"],
    remedy: "make a token at DigitalOcean (API, Tokens) and export it as DIGITALOCEAN_TOKEN",
  },
  {
    provider: "cloudflare",
    given: ["api_token", "api_key"],
    variables: ["CLOUDFLARE_API_TOKEN", "CLOUDFLARE_API_KEY"],
    remedy: "make a token at Cloudflare (My Profile, API Tokens) and export it as CLOUDFLARE_API_TOKEN",
  },
];

/** Everything that stands against a deployment and can be known before it, at once. */
export function findProblems(found: Found): readonly Problem[] {
  const stacks = STACK_NAMES.map((name) => found.app.stacks[name]);
  return [
    ...programProblems(found),
    ...awsProblems(found),
    ...PROVIDER_TOKENS.flatMap((token) => tokenProblems(token, stacks, found)),
    ...variableProblems(stacks, found),
    ...placeholderProblems(stacks),
  ];
}

/** What a deployment needs of its surroundings, for `--dry-run`. */
export function neededVariables(app: SynthesizedApp): readonly string[] {
  const stacks = STACK_NAMES.map((name) => app.stacks[name]);
  const tokens = PROVIDER_TOKENS.filter((token) => stacks.some((stack) => needsToken(token, stack)));
  const names = stacks.flatMap((stack) => requiredVariables(stack));
  return [
    "AWS_*",
    ...tokens.map(({ variables: [name = ""] }) => name),
    ...[...new Set(names)].map((name) => `TF_VAR_${name}`),
  ];
}

function programProblems({ app, terraform, terraformProgram, programs }: Found): readonly Problem[] {
  const problems: Problem[] = [];
  const version = terraform && versionProblem(terraform);
  if (version) problems.push(version);
  if (terraform === undefined) {
    problems.push({
      reason: `"${terraformProgram}" is not there, or is neither Terraform nor OpenTofu`,
      remedy: "install Terraform 1.10 or newer, or name a program in TERRAFORM_BINARY_NAME",
    });
  }
  if (hasDroplet(app) && !programs.has("ssh")) {
    problems.push({ reason: "there is no ssh here, which enrolling needs", remedy: "install OpenSSH" });
  }
  return problems;
}

function awsProblems({ awsCredentials, missingProfiles }: Found): readonly Problem[] {
  return [
    ...(awsCredentials
      ? []
      : [
          {
            reason: "there are no AWS credentials",
            remedy: "export AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; or: aws sso login",
          },
        ]),
    ...missingProfiles.map((profile) => ({
      reason: `the state's bucket is opened with the profile "${profile}", which has no credentials here`,
      remedy: `put the bucket's key pair into ~/.aws/credentials under [${profile}]`,
    })),
  ];
}

function tokenProblems(
  token: ProviderToken,
  stacks: readonly SynthesizedStack[],
  { environment }: Found,
): readonly Problem[] {
  const needing = stacks.filter((stack) => needsToken(token, stack)).map(({ deployedAs }) => deployedAs);
  if (needing.length === 0 || token.variables.some((name) => environment[name])) return [];
  return [
    { reason: `${token.variables[0]} is not set; needed for ${needing.join(", ")}`, remedy: token.remedy },
  ];
}

/** Plans that run elsewhere take what they need from there. */
function needsToken({ provider, given }: ProviderToken, { json, state }: SynthesizedStack): boolean {
  if (state.kind === "cloud" || !(provider in member(json, "provider"))) return false;
  return given.every((argument) => textAt(json, "provider", provider, argument) === undefined);
}

function variableProblems(stacks: readonly SynthesizedStack[], { environment }: Found): readonly Problem[] {
  const missing = new Map<string, string[]>();
  for (const stack of stacks) {
    for (const name of requiredVariables(stack)) {
      if (!environment[`TF_VAR_${name}`]) missing.set(name, [...(missing.get(name) ?? []), stack.deployedAs]);
    }
  }
  return [...missing].map(([name, needing]) => ({
    reason: `TF_VAR_${name} is not set; needed for ${needing.join(", ")}`,
    remedy: `export TF_VAR_${name}, the same value for every run; it is a variable of the app without a default`,
  }));
}

function requiredVariables({ json, state }: SynthesizedStack): readonly string[] {
  if (state.kind === "cloud") return [];
  const variables = member(json, "variable");
  return Object.keys(variables).filter((name) => member(variables, name).default === undefined);
}

function placeholderProblems(stacks: readonly SynthesizedStack[]): readonly Problem[] {
  const found = new Map<string, string[]>();
  for (const stack of stacks) {
    for (const value of placeholders(stack.json))
      found.set(value, [...(found.get(value) ?? []), stack.deployedAs]);
  }
  if (found.size === 0) return [];
  const list = [...found].map(([value, holding]) => `\n      ${value}   in ${holding.join(", ")}`);
  return [
    {
      reason: `values of an example were never replaced:${list.join("")}`,
      remedy: "put your own into the app's configuration (failover.config.ts, where the app has one)",
    },
  ];
}
