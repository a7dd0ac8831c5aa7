import type { ContentRequest, ObjectContent } from "../../lambda/s3/object-client";
import { InMemoryObjectClient } from "./in-memory-object-client";

/** A store whose answers do not tell that an object has tags, as LocalStack's of a current version. */
export class UncountingObjectClient extends InMemoryObjectClient {
  public override async get(key: string, request?: ContentRequest): Promise<ObjectContent> {
    return { ...(await super.get(key, request)), tagCount: 0 };
  }
}
