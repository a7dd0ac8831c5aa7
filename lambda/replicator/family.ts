import { compareKeys } from "../s3/key-order";
import type { ObjectClient } from "../s3/object-client";
import type { DestinationProbe } from "./destination-probe";
import { ancestorsOf } from "./key-shape";

/**
 * Why a key cannot stand beside its relatives; undefined when it can. On a server whose keys are paths of files, no
 * key may lie above or below another one.
 */
export type Relatives = () => Promise<string | undefined>;

export interface FamilyStores {
  readonly source: ObjectClient;
  readonly destination: ObjectClient;
  readonly probe: DestinationProbe;
}

/** The keys of the destination that have been read, to be asked in the order of a walk. */
export class KeysAhead {
  private passed = 0;

  /**
   * @param keys - ascending
   * @param complete - whether nothing follows them
   */
  constructor(
    private readonly keys: readonly string[],
    private readonly complete: boolean,
  ) {}

  /** Whether there are keys that begin so; undefined when that has not been read yet. */
  public hasBelow(prefix: string): boolean | undefined {
    const at = (index: number) => this.keys[index];
    const isBefore = (key: string | undefined, other: string) =>
      key !== undefined && compareKeys(key, other) <= 0;
    // Later calls are about later keys: what lies before this one's place is never of interest again.
    while (isBefore(at(this.passed), prefix.slice(0, -1))) this.passed += 1;
    let next = this.passed;
    while (isBefore(at(next), prefix)) next += 1;
    const key = at(next);
    return key === undefined && !this.complete ? undefined : (key?.startsWith(prefix) ?? false);
  }
}

/** What a walk over both listings in order knows of the keys around the one that it is at. */
export class WalkedFamily {
  /** Keys that the walk has met and that may still be above a later one: each begins with the one before it. */
  private readonly above: string[] = [];
  /** Whether there are such keys before the beginning of the walk; asked once for all that lie below one. */
  private readonly before = new Map<string, Promise<boolean>>();

  /** @param after - where the walk began: what lies before has to be asked for */
  constructor(
    private readonly stores: FamilyStores,
    private readonly after: string | undefined,
  ) {}

  /** To be called with every key, in order, whichever side has it. */
  public met(key: string): void {
    while (this.above.length > 0 && !mayBeAbove(this.above.at(-1) ?? "", key)) this.above.pop();
    this.above.push(key);
    for (const ancestor of this.before.keys()) {
      if (!key.startsWith(`${ancestor}/`)) this.before.delete(ancestor);
    }
  }

  /** The relatives of the key that was met last. */
  public relativesOf(key: string, ahead: KeysAhead): Relatives {
    const ancestor = this.above.find((other) => key.startsWith(`${other}/`) && key.length > other.length + 1);
    const hasBelow = ahead.hasBelow(`${key}/`);
    const { after, stores } = this;
    return async () => {
      const asked =
        after === undefined ? [] : ancestorsOf(key).filter((other) => compareKeys(other, after) <= 0);
      const inTheWay =
        ancestor !== undefined ||
        (hasBelow ?? (await hasDescendant(stores.destination, key))) ||
        (await this.anyBefore(asked));
      return inTheWay ? refusalOf(stores) : undefined;
    };
  }

  private async anyBefore(keys: readonly string[]): Promise<boolean> {
    for (const key of keys) if (await this.isBefore(key)) return true;
    return false;
  }

  /** Who asked first is told of a failure; others, who wait for the answer as well, ask again. */
  private async isBefore(key: string): Promise<boolean> {
    const known = this.before.get(key);
    if (known !== undefined) return known.catch(() => this.isBefore(key));
    const asked = anyIsThere(this.stores, [key]);
    this.before.set(key, asked);
    try {
      return await asked;
    } catch (error) {
      if (this.before.get(key) === asked) this.before.delete(key);
      throw error;
    }
  }
}

/** Asks for each relative; for a key that is looked at alone. */
export function askedRelatives(key: string, stores: FamilyStores): Relatives {
  return async () => {
    const { nests } = await stores.probe.traits();
    if (nests) return undefined;
    const inTheWay =
      (await anyIsThere(stores, ancestorsOf(key))) || (await hasDescendant(stores.destination, key));
    return inTheWay ? refusalOf(stores) : undefined;
  };
}

/** Between `a` and `a/b` there may be keys such as `a!`, which begin with `a` as well. */
function mayBeAbove(ancestor: string, key: string): boolean {
  return key.startsWith(ancestor) && key.charAt(ancestor.length) <= "/";
}

async function anyIsThere({ source, destination }: FamilyStores, keys: readonly string[]): Promise<boolean> {
  for (const key of keys) {
    const heads = await Promise.all([source.head(key), destination.head(key)]);
    if (heads.some((head) => head !== undefined)) return true;
  }
  return false;
}

/** A directory marker `a/` may stand beside `a`; anything further below may not. */
async function hasDescendant(destination: ObjectClient, key: string): Promise<boolean> {
  const { objects } = await destination.list({ prefix: `${key}/`, after: `${key}/`, limit: 1 });
  return objects.length > 0;
}

async function refusalOf({ probe }: FamilyStores): Promise<string | undefined> {
  const { nests } = await probe.traits();
  return nests ? undefined : "the destination cannot hold a key above or below another one";
}
