import { StoreError } from "../s3/store-error";

/** One part on its way to the destination; each call begins anew. */
export interface PartSending<T> {
  /** As it comes: it need not be read before it is sent. */
  readonly plain: () => Promise<T>;
  /** With its Content-MD5, which has to be known first. */
  readonly withDigest: () => Promise<T>;
}

/**
 * Whether the destination takes parts without their Content-MD5, as far as this run has seen: a bucket with object lock
 * refuses them. The first part of a run goes alone, and shows it for all: else each of many streams would be refused.
 */
export class PartDigests {
  /** Undefined as long as no part was answered. */
  private demanded: boolean | undefined;
  /** The first part, while it is on its way. Never rejects. */
  private first: Promise<unknown> | undefined;

  /** @throws whatever the part that is sent rejects with, but for the refusal that asks for a digest */
  public async send<T>(part: PartSending<T>): Promise<T> {
    while (this.demanded === undefined && this.first !== undefined) await this.first;
    if (this.demanded === true) return part.withDigest();
    try {
      const sent = this.learnFrom(part.plain());
      if (this.demanded === undefined) this.first = sent.catch(() => undefined);
      return await sent;
    } catch (error) {
      if (!isDemand(error)) throw error;
    }
    return part.withDigest();
  }

  private async learnFrom<T>(sent: Promise<T>): Promise<T> {
    try {
      const result = await sent;
      this.demanded ??= false;
      return result;
    } catch (error) {
      // Where plain parts were taken before, too: object lock may have been switched on since.
      if (isDemand(error)) this.demanded = true;
      throw error;
    } finally {
      this.first = undefined;
    }
  }
}

function isDemand(error: unknown): boolean {
  return error instanceof StoreError && error.demandsDigest;
}
