import { PROBE_KEY, PROBE_PREFIX } from "../../contract/state-keys";
import type { ObjectClient, ObjectHeaders } from "../s3/object-client";
import { StoreError } from "../s3/store-error";
import { KEY_SHAPES, type KeyShape, shapesOf } from "./key-shape";
import { readState, writeState } from "./state-object";

/** What a store turned out to hold, by trying. */
export interface StoreTraits {
  /** Whether an `Expires` that is no date survives: S3 keeps it, MinIO accepts and drops it. */
  readonly keepsAnyExpires: boolean;
  /** Shapes of keys that the store refuses, or stores under another key. */
  readonly cannotHold: readonly KeyShape[];
  /** Whether `a/b` may stand beside `a`: where keys are paths of files, one of them vanishes from listings. */
  readonly nests: boolean;
}

/** A value of `Expires` that clients store and that is no date. */
const NO_DATE = "0";

/** The form in which every server keeps `Expires`: `Sun, 06 Nov 1994 08:49:37 GMT`. */
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** After this time a store is tried again: its server may have been replaced. */
const TRAITS_LIFETIME_MILLISECONDS = 7 * 24 * 3_600_000;

/** What is taken for granted where nothing may be tried. */
const HOLDS_EVERYTHING: StoreTraits = { keepsAnyExpires: true, cannotHold: [], nests: true };

export function isHttpDate(expires: string): boolean {
  return HTTP_DATE.test(expires);
}

/** Finds out what a destination can hold, when that matters for the first time; what it found is kept there. */
export class DestinationProbe {
  private answer: Promise<StoreTraits> | undefined;

  /**
   * @param confirm - resolves when a mutation may start now
   * @param now - the runner's clock
   * @param mayTry - whether anything may be written: without it, only what is known already is told
   */
  constructor(
    private readonly destination: ObjectClient,
    private readonly confirm: () => Promise<void>,
    private readonly now: () => Date,
    private readonly mayTry: boolean,
  ) {}

  public traits(): Promise<StoreTraits> {
    this.answer ??= this.ask().catch((error: unknown) => {
      this.answer = undefined;
      throw error;
    });
    return this.answer;
  }

  /** Why the destination cannot hold an object under this key, whatever else it holds; undefined when it can. */
  public async refusal(key: string): Promise<string | undefined> {
    const shapes = shapesOf(key);
    if (shapes.length === 0) return undefined;
    const { cannotHold } = await this.traits();
    const found = shapes.filter((shape) => cannotHold.includes(shape));
    return found.length === 0 ? undefined : `the destination cannot hold such a key (${found.join(", ")})`;
  }

  private async ask(): Promise<StoreTraits> {
    const known = await readState(this.destination, PROBE_KEY, parseKnown);
    const age = known && this.now().getTime() - Date.parse(known.value.triedAt);
    if (known?.value.traits && age !== undefined && age < TRAITS_LIFETIME_MILLISECONDS)
      return known.value.traits;
    if (!this.mayTry) return known?.value.traits ?? HOLDS_EVERYTHING;
    const traits = await tryTraits(this.destination, this.confirm, PROBE_PREFIX);
    const found = { triedAt: this.now().toISOString(), traits };
    await this.confirm();
    // Another runner may be first: it found the same.
    await writeState(this.destination, PROBE_KEY, found, known);
    return traits;
  }
}

/**
 * Finds out by writing a few small objects, and leaves them.
 *
 * @param confirm - resolves when a mutation may start now
 * @param prefix - the objects' keys begin so; one of them with a slash before
 */
export async function tryTraits(
  store: ObjectClient,
  confirm: () => Promise<void>,
  prefix: string,
): Promise<StoreTraits> {
  const { keys, parent, child, expires } = traitKeys(prefix);
  const holds = (key: string, headers?: Pick<ObjectHeaders, "expires">) =>
    holdsKey(store, confirm, key, headers);
  const cannotHold: KeyShape[] = [];
  for (const shape of KEY_SHAPES) {
    if (!(await holds(keys[shape]))) cannotHold.push(shape);
  }
  const nests = (await holds(parent)) && (await holds(child));
  const keepsAnyExpires =
    (await holds(expires, { expires: NO_DATE })) && (await store.head(expires))?.headers.expires === NO_DATE;
  return { keepsAnyExpires, cannotHold, nests };
}

/** The keys that `tryTraits` writes; a store may keep the one with a leading slash without it. */
export function traitKeys(prefix: string): {
  readonly keys: Readonly<Record<KeyShape, string>>;
  readonly parent: string;
  readonly child: string;
  readonly expires: string;
} {
  const keys = {
    "leading-slash": `/${prefix}leading-slash`,
    "double-slash": `${prefix}/double-slash`,
    "dot-segment": `${prefix}./dot-segment`,
    "parent-segment": `${prefix}x/../parent-segment`,
    "long-segment": `${prefix}${"s".repeat(256)}`,
  };
  const parent = `${prefix}parent`;
  return { keys, parent, child: `${parent}/child`, expires: `${prefix}expires` };
}

/** Whether what is written under this key is listed under it. */
async function holdsKey(
  store: ObjectClient,
  confirm: () => Promise<void>,
  key: string,
  headers: Pick<ObjectHeaders, "expires"> = {},
): Promise<boolean> {
  await confirm();
  try {
    // Left there by an earlier attempt: the listing tells as well.
    await writeState(store, key, {}, undefined, headers);
  } catch (error) {
    if (error instanceof StoreError && !error.retryable && error.kind !== "access-denied") return false;
    throw error;
  }
  // Two, because MinIO looks a single one up instead of listing, and would find it under either name.
  const { objects } = await store.list({ prefix: key, limit: 2 });
  return objects[0]?.key === key;
}

interface Known {
  readonly triedAt: string;
  readonly traits?: StoreTraits;
}

/** What an older release wrote is as good as nothing. */
function parseKnown(json: unknown): Known | undefined {
  if (typeof json !== "object" || json === null) return undefined;
  const { triedAt, traits } = json as Partial<Known>;
  if (typeof triedAt !== "string" || typeof traits !== "object" || traits === null)
    return { triedAt: new Date(0).toISOString() };
  const { keepsAnyExpires, cannotHold, nests } = traits;
  const understood =
    typeof keepsAnyExpires === "boolean" && Array.isArray(cannotHold) && typeof nests === "boolean";
  return understood ? { triedAt, traits } : { triedAt };
}
