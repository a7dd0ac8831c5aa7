import { compareKeys } from "../../../lambda/s3/key-order";

/** Keys in the order in which S3 lists them. */
export class SortedKeys {
  private readonly keys: string[] = [];

  public add(key: string): void {
    const index = this.indexFrom(key);
    if (this.keys[index] !== key) this.keys.splice(index, 0, key);
  }

  public remove(key: string): void {
    const index = this.indexFrom(key);
    if (this.keys[index] === key) this.keys.splice(index, 1);
  }

  /** The keys not before `key`, ascending. Must not be changed while it is read. */
  public *from(key: string): Generator<string> {
    for (let index = this.indexFrom(key); index < this.keys.length; index += 1) {
      const found = this.keys[index];
      if (found !== undefined) yield found;
    }
  }

  /** Index of the first key not before `key`. */
  private indexFrom(key: string): number {
    let low = 0;
    let high = this.keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareKeys(this.keys[middle] ?? "", key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
