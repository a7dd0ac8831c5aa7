/** More than this is a mistake: something came along that nobody wanted, or a dependency grew. */
export const SIZE_LIMITS = { packedKiB: 1664, unpackedKiB: 4352 } as const;

/** The rooms whose compiled files are published; what else is in `dist/` is left from somewhere. */
const COMPILED = /^dist\/((?:lib|contract|lambda\/marker)\/.+)\.(?:d\.ts|js)$/;

/** Rules for pipelines, without their tests. */
const RULES = /^policy\/[^/]+(?<!_test)\.rego$/;

/** Published as they are. */
const PLAIN =
  /^(?:package\.json|README\.md|LICENSE|\.checkov\.yaml|dependencies\.schema\.json|assets\/replicator\.zip|lib\/secondary\/provision\/.+)$/;

export interface Expectation {
  /** Of the repository, with slashes: every file that may be published or compiled. */
  readonly sources: readonly string[];
  /** What package.json points at: entry points, types, the command. */
  readonly targets: readonly string[];
}

/**
 * What is wrong with the package's list of files: a line for each that is missing or should not be there.
 *
 * @param files - with slashes, relative to the package
 */
export function contentFaults(
  files: readonly string[],
  { sources, targets }: Expectation,
): readonly string[] {
  const packed = new Set(files);
  const known = new Set(sources);
  const wanted = [
    ...targets,
    "LICENSE",
    "README.md",
    "assets/replicator.zip",
    ".checkov.yaml",
    "dependencies.schema.json",
    ...sources.filter((source) => RULES.test(source)),
    ...sources.filter((source) => source.startsWith("lib/secondary/provision/")),
    ...sources.flatMap(compiledFrom),
  ];
  const surplus = files.filter((file) => {
    const compiled = COMPILED.exec(file)?.[1];
    return !(
      PLAIN.test(file) ||
      RULES.test(file) ||
      targets.includes(file) ||
      (compiled && known.has(`${compiled}.ts`))
    );
  });
  return [
    ...[...new Set(wanted)].filter((file) => !packed.has(file)).map((file) => `${file} is missing`),
    ...surplus.map((file) => `${file} should not be there: nothing that is published has it as source`),
  ];
}

function compiledFrom(source: string): readonly string[] {
  const stem = /^((?:lib|contract|lambda\/marker)\/.+)\.ts$/.exec(source)?.[1];
  return stem === undefined ? [] : [`dist/${stem}.js`, `dist/${stem}.d.ts`];
}

/** @returns a line for each limit that is passed */
export function sizeFaults(packedBytes: number, unpackedBytes: number): readonly string[] {
  const sizes = [
    ["packed", packedBytes, SIZE_LIMITS.packedKiB],
    ["unpacked", unpackedBytes, SIZE_LIMITS.unpackedKiB],
  ] as const;
  return sizes
    .filter(([, bytes, limit]) => bytes > limit * 1024)
    .map(([what, bytes, limit]) => `${kibibytes(bytes)} ${what}, which is more than ${limit} KiB`);
}

export function kibibytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024)} KiB`;
}
