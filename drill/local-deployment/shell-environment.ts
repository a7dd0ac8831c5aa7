/** Of the person's own shell, these would lead commands elsewhere. */
const FOREIGN = [
  "ACTIVE_PROVIDER",
  "AWS_ENDPOINT_URL",
  "AWS_PROFILE",
  "AWS_SESSION_TOKEN",
  "CLOUDFLARE_API_KEY",
  "CLOUDFLARE_EMAIL",
];

export interface ShellPlace {
  /** The project's folder, absolute. */
  readonly folder: string;
  /** Holds `storage-failover`, absolute. */
  readonly programs: string;
}

/** What a person sources: from then on their shell is that of the local deployment's operator. */
export function shellEnvironment(
  variables: Readonly<Record<string, string>>,
  { folder, programs }: ShellPlace,
): string {
  return [
    "# For the shell that works on the local deployment; good as long as that is up.",
    `unset ${FOREIGN.join(" ")}`,
    ...Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}`),
    `export PATH=${quoted(programs)}:"$PATH"`,
    `cd ${quoted(folder)} || return`,
    '[ -z "${PS1-}" ] || PS1="(local deployment) $PS1"',
    "",
  ].join("\n");
}

/** As one word of a shell, whatever it holds. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
