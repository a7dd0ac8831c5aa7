import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { isDeepStrictEqual } from "node:util";
import { HEALTH_KEY, healthBody } from "../../contract/state-keys";
import type { StoreName } from "../../contract/stores";
import type { ObjectClient, WriteCondition } from "../../lambda/s3/object-client";
import type { KeptObject } from "./staging-journal";

/** What stands there while a drill has replaced the health object: nothing that a monitor takes for it. */
export const REPLACED_BODY = "storage-failover: replaced by a drill\n";

/** The health object is not what it should be, so that nobody may play with it. */
export class HealthObjectError extends Error {
  public override readonly name = "HealthObjectError";
}

interface Found {
  readonly etag: string;
  readonly object: KeptObject;
}

/** How an object was found when it was to be put back. */
export type PutBack = "put-back" | "was-there" | "changed-by-others";

/** One store's health object: taken note of, broken, and put back as it was. */
export class HealthObject {
  constructor(
    private readonly store: StoreName,
    private readonly client: ObjectClient,
  ) {}

  /**
   * Takes note of it, and writes it as it is: whoever may not do that could not put it back.
   *
   * @throws HealthObjectError; StoreError when it may not be read or written
   */
  public async keep(): Promise<KeptObject> {
    const found = await this.find();
    if (found === undefined) throw new HealthObjectError(`${this.store} has no ${HEALTH_KEY}`);
    if (!bodyOf(found.object).toString().includes(healthBody(this.store)))
      throw new HealthObjectError(`${HEALTH_KEY} of ${this.store} does not say that it is ${this.store}'s`);
    await this.put(found.object, { etag: found.etag });
    await this.check(found.object);
    return found.object;
  }

  /** @param original - as `keep` gave it; somebody else's change since then is left alone */
  public async replace(original: KeptObject): Promise<void> {
    const replaced = { ...original, bodyBase64: Buffer.from(REPLACED_BODY).toString("base64") };
    await this.put(replaced, { etag: await this.etagOf(original) });
  }

  /** A delete has no condition: it is looked at just before. */
  public async remove(original: KeptObject): Promise<void> {
    await this.etagOf(original);
    await this.client.delete({ key: HEALTH_KEY });
  }

  /** Puts it back byte for byte, with its headers and tags, and reads it back. What somebody else has put there stays. */
  public async putBack(original: KeptObject): Promise<PutBack> {
    const found = await this.find();
    if (found !== undefined && isDeepStrictEqual(found.object, original)) return "was-there";
    const isOurs = found === undefined || bodyOf(found.object).toString() === REPLACED_BODY;
    if (!isOurs) return "changed-by-others";
    await this.put(original, found === undefined ? { absent: true } : { etag: found.etag });
    await this.check(original);
    return "put-back";
  }

  private async etagOf(original: KeptObject): Promise<string> {
    const found = await this.find();
    if (found === undefined || !isDeepStrictEqual(found.object, original))
      throw new HealthObjectError(`somebody else has changed ${HEALTH_KEY} of ${this.store}`);
    return found.etag;
  }

  private async check(expected: KeptObject): Promise<void> {
    const found = await this.find();
    if (!isDeepStrictEqual(found?.object, expected))
      throw new HealthObjectError(`${HEALTH_KEY} of ${this.store}, read back, is not what was written`);
  }

  private async find(): Promise<Found | undefined> {
    const head = await this.client.head(HEALTH_KEY);
    if (head === undefined) return undefined;
    const content = await this.client.get(HEALTH_KEY, { ifMatch: head.etag });
    const body = content.buffered ?? (await buffer(content.body));
    const tags = content.tagCount === 0 ? {} : await this.client.tags(HEALTH_KEY);
    return {
      etag: content.etag,
      object: {
        bodyBase64: body.toString("base64"),
        headers: definedOnly(content.headers),
        tags: { ...tags },
      },
    };
  }

  private async put(object: KeptObject, condition: WriteCondition): Promise<void> {
    const body = bodyOf(object);
    const contentMd5 = createHash("md5").update(body).digest("base64");
    const { headers, tags } = object;
    await this.client.put(HEALTH_KEY, { body, size: body.length, contentMd5, headers, tags, condition });
  }
}

function bodyOf({ bodyBase64 }: KeptObject): Buffer {
  return Buffer.from(bodyBase64, "base64");
}

/** The same whether it was just read or comes from the journal. */
function definedOnly(headers: KeptObject["headers"]): KeptObject["headers"] {
  const { metadata, ...rest } = headers;
  const entries = Object.entries(rest).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(entries), metadata: { ...metadata } };
}
