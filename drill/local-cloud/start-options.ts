import path from "node:path";

export interface StartOptions {
  /**
   * Told in a few words whenever something takes long, as in "building MinIO …".
   *
   * @default - silence
   */
  readonly onProgress?: (message: string) => void;
  /**
   * Where built servers are kept, by version.
   *
   * @default ".cache" at the root of the repository
   */
  readonly cacheFolder?: string;
  /**
   * Variables that name servers, and the PATH on which container engines and tools are looked for.
   *
   * @default process.env
   */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /**
   * Ends a build or a start that is under way, and leaves nothing behind.
   *
   * @default - it goes on to its end
   */
  readonly signal?: AbortSignal;
}

/** The options with every default filled in. */
export interface StartContext {
  readonly onProgress: (message: string) => void;
  readonly cacheFolder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

const DEFAULT_CACHE_FOLDER = path.resolve(__dirname, "..", "..", ".cache");

export function startContext(options: StartOptions): StartContext {
  return {
    onProgress: options.onProgress ?? (() => undefined),
    cacheFolder: options.cacheFolder ?? DEFAULT_CACHE_FOLDER,
    environment: onlyStrings(options.environment ?? process.env),
    signal: options.signal ?? new AbortController().signal,
  };
}

function onlyStrings(variables: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
