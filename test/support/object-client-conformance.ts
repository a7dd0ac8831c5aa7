import { afterAll, beforeAll, describe } from "@jest/globals";
import { describeConditionalPuts } from "./object-client-conformance/conditional-puts";
import { describeDeletes } from "./object-client-conformance/deletes";
import { describeListings } from "./object-client-conformance/listings";
import { describeMultipart } from "./object-client-conformance/multipart";
import { describeMultipartRefusals } from "./object-client-conformance/multipart-refusals";
import { describeObjects } from "./object-client-conformance/objects";
import { describeReads } from "./object-client-conformance/reads";
import { type OpenedStore, type StoreTraits, Subject } from "./object-client-conformance/subject";
import { describeTags } from "./object-client-conformance/tags";
import { describeVersioning } from "./object-client-conformance/versioning";
import { describeVersions } from "./object-client-conformance/versions";

export type { OpenedStore, StoreTraits } from "./object-client-conformance/subject";

/** How long a server may take to start or stop on a busy machine. */
const SERVER_MILLISECONDS = 120_000;

/** What every `ObjectClient` must do, whatever store is behind it. */
export function describeObjectClientConformance(
  name: string,
  open: () => OpenedStore | Promise<OpenedStore>,
  traits: StoreTraits = {},
): void {
  describe(`${name} as an ObjectClient`, () => {
    const subject = new Subject(traits);
    beforeAll(async () => {
      subject.opened = await open();
    }, SERVER_MILLISECONDS);
    afterAll(async () => {
      await subject.opened?.close();
    }, SERVER_MILLISECONDS);

    describeObjects(subject);
    describeConditionalPuts(subject);
    describeReads(subject);
    describeTags(subject);
    describeVersions(subject);
    describeDeletes(subject);
    describeMultipart(subject);
    describeMultipartRefusals(subject);
    describeListings(subject);
    // Last: it changes the bucket itself.
    describeVersioning(subject);
  });
}
