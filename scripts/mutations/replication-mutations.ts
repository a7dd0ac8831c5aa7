import type { Mutation, Proof } from "./mutation";

const replicator = (file: string) => `lambda/replicator/${file}.ts`;

function test(file: string, named: string): Proof {
  return { test: `test/lambda/replicator/${file}.test.ts`, named };
}

const HISTORIES = test("histories", "random histories");
const SYSTEM_HISTORIES: Proof = { test: "test/drill/virtual-histories.test.ts", named: "random histories" };

const MARKER: readonly Mutation[] = [
  {
    name: "marker-never-read-again",
    without: "the marker is read again before a mutation, once its reading is too old",
    file: replicator("direction-guard"),
    text: "while (this.lost === undefined && this.clock.monotonic() - this.askedAt >= this.holdMilliseconds) {",
    by: "while (false) {",
    proofs: [
      test("direction", "lets no mutation start once it has changed"),
      test("fixed-histories", "is not finished at all once the reading of the marker is too old"),
      HISTORIES,
      SYSTEM_HISTORIES,
    ],
  },
  {
    name: "marker-change-ignored",
    without: "a marker that names another store ends the run",
    file: replicator("direction-guard"),
    text: "if (marker.active !== this.active) {",
    by: "if (false) {",
    proofs: [test("direction", "lets no mutation start once it has changed")],
  },
  {
    name: "marker-reading-counts-from-answer",
    without: "a reading counts from the moment it was asked for",
    file: replicator("direction-guard"),
    text: "const askedAt = clock.monotonic();\n    const { active } = await readOrLose(reader);",
    by: "const { active } = await readOrLose(reader);\n    const askedAt = clock.monotonic();",
    proofs: [test("direction", "counts from the moment it was asked for")],
  },
  {
    name: "marker-later-reading-counts-from-answer",
    without: "a later reading counts from the moment it was asked for, too",
    file: replicator("direction-guard"),
    text: "this.askedAt = askedAt;\n    } catch",
    by: "this.askedAt = this.clock.monotonic();\n    } catch",
    proofs: [test("direction", "counts from the moment it was asked for")],
  },
  {
    name: "resolvers-may-disagree",
    without: "two resolvers must agree",
    file: "lambda/marker/dns-over-https.ts",
    text: "if (first === undefined || others.some((other) => other !== first)) {",
    by: "if (first === undefined) {",
    proofs: [
      { test: "test/lambda/marker/dns-over-https.test.ts", named: "is unreadable when they disagree" },
      { drill: "marker-unreadable" },
    ],
  },
  {
    name: "one-resolver-twice",
    without: "the resolvers are two",
    file: "lambda/marker/dns-over-https.ts",
    text: "urls.length !== 2 || urls[0]?.host === urls[1]?.host",
    by: "urls.length !== 2",
    proofs: [
      { test: "test/lambda/marker/dns-over-https.test.ts", named: "is not read from the same one twice" },
    ],
  },
  {
    name: "put-unconfirmed",
    without: "the direction is confirmed before a PUT",
    file: replicator("copy-object"),
    text: "await stores.confirm();\n  const contentMd5",
    by: "const contentMd5",
    proofs: [test("direction", "lets no mutation start once it has changed")],
  },
  {
    name: "last-bytes-unconfirmed",
    without: "the direction is confirmed before the last bytes of a body",
    file: replicator("last-bytes-gate"),
    text: "confirm().then(",
    by: "Promise.resolve().then(",
    proofs: [
      test("parts", "never lets the last piece through"),
      test("integrity", "sends the last bytes of a large body only while the direction is known"),
    ],
  },
  {
    name: "upload-completed-unconfirmed",
    without: "the direction is confirmed before an upload is completed",
    file: replicator("copy-multipart"),
    text: "await stores.confirm();\n    return stores.destination.completeUpload",
    by: "return stores.destination.completeUpload",
    proofs: [test("multipart", "completes nothing when the direction was lost")],
  },
  {
    name: "deletion-unconfirmed",
    without: "the direction is confirmed before a delete marker is placed",
    file: replicator("place-delete-marker"),
    text: "await confirm();\n      this.marker",
    by: "this.marker",
    proofs: [test("deletions", "starts none when the direction was lost after the proof")],
  },
];

const EPOCH: readonly Mutation[] = [
  {
    name: "later-epoch-ignored",
    without: "a run ends when another epoch has begun",
    file: replicator("epoch"),
    text: "if (journal?.value.epoch === epoch) continue;",
    by: "if (name !== undefined) continue;",
    proofs: [
      test("direction", "stops a run in which the active store changed and changed back"),
      test("direction", "stops a run whose journal has gone meanwhile"),
    ],
  },
  {
    name: "other-stores-journal",
    without: "a journal about other stores stops the run",
    file: replicator("epoch"),
    text: "if (journal.stores[name] === question.stores[name]) continue;",
    by: "if (name !== undefined) continue;",
    proofs: [test("direction", "stops when a store is not the one that the journal is about")],
  },
  {
    name: "flip-unnoted",
    without: "a flip is noted on whichever store answers",
    file: replicator("replication"),
    text: "if (error instanceof StoreError) await noteFlip(clients, question, confirm);",
    by: "",
    proofs: [test("direction", "notes a flip on the store that answers")],
  },
  {
    name: "progress-of-another-epoch",
    without: "saved progress of another epoch is void",
    file: replicator("progress"),
    text: "saved?.epoch === lineage.epoch &&",
    by: "saved !== undefined &&",
    proofs: [test("fixed-histories", "a checkpoint and a double flip")],
  },
];

const LEASE: readonly Mutation[] = [
  {
    name: "lease-not-respected",
    without: "a sweep leaves the work to whoever holds the lease",
    file: replicator("lease"),
    text: "if (clock.wall().getTime() < freeFrom && seen?.value.owner !== owner) return undefined;",
    by: "",
    proofs: [test("lease", "lets one of two runs work")],
  },
  {
    name: "lost-lease-taken-back",
    without: "a run ends when another one has taken its lease over",
    file: replicator("lease"),
    text: "if (seen?.value.owner !== owner) {",
    by: "if (seen === undefined) {",
    proofs: [test("lease", "stops a run that was silent for so long")],
  },
];

const CONDITIONS: readonly Mutation[] = [
  {
    name: "if-none-match-left-out",
    without: "a new object is put only where none is",
    file: replicator("copy-object"),
    text: "    tags,\n    condition,\n  });",
    by: '    tags,\n    condition: "absent" in condition ? { etag: undefined } : condition,\n  });',
    proofs: [test("comparison", "does not overwrite a key that appeared after the listing"), HISTORIES],
  },
  {
    name: "if-match-left-out",
    without: "an object is replaced only if it is the one that was looked at",
    file: replicator("copy-object"),
    text: "    tags,\n    condition,\n  });",
    by: '    tags,\n    condition: "etag" in condition ? { etag: undefined } : condition,\n  });',
    proofs: [
      test("comparison", "looks again when the destination was written between the look and the write"),
      HISTORIES,
    ],
  },
  {
    name: "upload-completed-unconditionally",
    without: "an upload is completed only if the destination is as it was seen",
    file: replicator("copy-multipart"),
    text: "{ uploadId, parts, condition }",
    by: "{ uploadId, parts, condition: { etag: undefined } }",
    proofs: [test("multipart", "completes nothing over what was written meanwhile")],
  },
  {
    name: "state-written-unconditionally",
    without: "lease, epoch and progress are written only over what was read",
    file: replicator("state-object"),
    text: "condition: seen === undefined ? { absent: true } : { etag: seen.etag },",
    by: "condition: { etag: undefined },",
    proofs: [
      test("lease", "is taken only when it is still as it was seen"),
      test("direction", "gives way to another runner that writes the journal at the same moment"),
    ],
  },
  {
    name: "other-version-read",
    without: "a read names the version that was decided about",
    file: replicator("naming"),
    text: 'return versionId === "null" ? { versionId, ifMatch: etag } : { versionId };',
    by: "return {};",
    proofs: [test("comparison", "copies the version that it decided about")],
  },
];

const LINEAGE: readonly Mutation[] = [
  {
    name: "likeness-before-lineage",
    without: "equal content is not taken for equal history",
    file: replicator("rules"),
    text: "if (areOneWrite(both, ids)) return SKIP;",
    by: "if (areOneWrite(both, ids) || areAlike(both)) return SKIP;",
    proofs: [test("lineage", "follows a rewrite with the same content"), HISTORIES],
  },
  {
    name: "lineage-not-asked",
    without: "a native object is replaced by its descendant only",
    file: replicator("rules"),
    text: "if (await history.descends()) return overwrite;",
    by: "return overwrite;",
    proofs: [
      test("lineage", "reports a conflict and touches nothing when both sides were written"),
      HISTORIES,
      { drill: "stale-writer" },
    ],
  },
  {
    name: "restored-replica-overwritten",
    without: "a replica that a client restored is a write of its own",
    file: replicator("rules"),
    text: "if (isReplica && !(await history.restored())) return overwrite;",
    by: "if (isReplica) return overwrite;",
    proofs: [test("lineage", "takes a client's restore of an older replica for a write")],
  },
  {
    name: "replica-brought-back",
    without: "a replica of what the destination deleted is not copied back",
    file: replicator("rules"),
    text: "if (originOf(key, source)?.storeId === ids.destination) {",
    by: "if (false) {",
    proofs: [test("deletions", "does not bring back what was deleted on the destination before the flip")],
  },
  {
    name: "original-brought-back",
    without: "what was deleted while the other store was active stays deleted",
    file: replicator("rules"),
    text: "if (await history.deletedThere()) {",
    by: "if (false) {",
    proofs: [
      test("deletions", "does not bring back after the failback what was deleted"),
      test("fixed-histories", "is not undone when the failback comes before any pass could tell"),
    ],
  },
  {
    name: "stamp-believed",
    without: "a stamp counts only if its digest fits the object",
    file: replicator("stamp"),
    text: "return stated === expected ? { storeId, versionId, etag } : undefined;",
    by: "return { storeId, versionId, etag };",
    proofs: [
      test("stamp", "does not count under another key"),
      test("lineage", "takes an object that was rewritten on the standby for native"),
      HISTORIES,
    ],
  },
];

const DELETIONS: readonly Mutation[] = [
  {
    name: "absence-proves-deletion",
    without: "absence proves no deletion",
    file: replicator("settle-key"),
    text: "const isProven = versioned.source && (await deletionIsProven(stores, key, counterpart));",
    by: "const isProven = true;",
    proofs: [
      test("deletions", "does not delete what was written on the destination only"),
      HISTORIES,
      { drill: "stale-writer" },
    ],
  },
  {
    name: "any-delete-marker-proves",
    without: "a delete marker proves only the deletion of what lies below it",
    file: replicator("lineage"),
    text: "return (await findReplica(source, key, versions, original)) !== undefined;",
    by: "return true;",
    proofs: [
      test(
        "deletions",
        "does not delete what was written on the destination only, though the source deleted",
      ),
      HISTORIES,
    ],
  },
  {
    name: "no-delete-cap",
    without: "one run deletes no more than the cap",
    file: replicator("deletions"),
    text: "return found <= cap ? undefined : withheld(String(found), cap);",
    by: "return cap < 0 ? withheld(String(found), cap) : undefined;",
    proofs: [test("deletions", "the cap of deletions"), HISTORIES, { drill: "mass-delete" }],
  },
  {
    name: "no-percent-cap",
    without: "the cap is a share of the keys, too",
    file: replicator("delete-policy"),
    text: "Math.min(mostKeys, Math.max(ALWAYS_ALLOWED, Math.floor((seen * mostPercent) / 100)))",
    by: "mostKeys",
    proofs: [test("deletions", "is a share of what the destination has"), { drill: "mass-delete" }],
  },
  {
    name: "withheld-is-clean",
    without: "a run that withheld deletions is not clean",
    file: replicator("sweep"),
    text: "const clean = failed === 0 && tally.withheld === 0;",
    by: "const clean = failed === 0;",
    proofs: [test("deletions", "the cap of deletions"), { drill: "mass-delete" }],
  },
  {
    name: "unversioned-deleted",
    without: "nothing is deleted where no version would remain",
    file: replicator("settle-key"),
    text: "if (!isKept(key, counterpart, stores)) {",
    by: "if (false) {",
    proofs: [
      test("deletions", "never happens where the secondary keeps no versions"),
      test("lineage", "are not deleted either"),
    ],
  },
  {
    name: "unversioned-overwritten",
    without: "nothing is replaced for its lineage where no version would remain",
    file: replicator("settle-key"),
    text: "isKept(key, counterpart, stores) &&\n      heldReplicaOf",
    by: "heldReplicaOf",
    proofs: [test("lineage", "replaces nothing there that a client wrote")],
  },
  {
    name: "misplaced-marker-left",
    without: "a delete marker on another version than meant is removed",
    file: replicator("place-delete-marker"),
    text: 'if (index === -1 || coveredBy(after.slice(index)) === versionId) return { outcome: "removed" };',
    by: 'return { outcome: "removed" };',
    proofs: [test("deletions", "removes its marker by version id")],
  },
  {
    name: "recreated-on-source-deleted",
    without: "the source is looked at again before its deletion is followed",
    file: replicator("place-delete-marker"),
    text: 'if (recreated !== undefined) return changed("it was written again on the source");',
    by: "",
    proofs: [test("deletions", "leaves alone what was written again on the source after it was proven")],
  },
  {
    name: "overwritten-on-destination-deleted",
    without: "the destination is looked at again before it is deleted there",
    file: replicator("place-delete-marker"),
    text: 'if (before[0]?.versionId !== versionId) return changed("it was written again on the destination");',
    by: "",
    proofs: [test("deletions", "leaves alone what was overwritten on the destination after it was proven")],
  },
];

const INTEGRITY: readonly Mutation[] = [
  {
    name: "put-etag-unchecked",
    without: "the destination's ETag proves that an object arrived whole",
    file: replicator("copy-object"),
    text: "if (replica.etag !== md5) {",
    by: "if (false) {",
    proofs: [test("integrity", "reports a destination whose answer shows another ETag")],
  },
  {
    name: "part-etag-unchecked",
    without: "the destination's ETag of a part is compared with what was sent",
    file: replicator("copy-part"),
    text: "if (etag === md5) return part;",
    by: "return part;",
    proofs: [
      test("multipart-digests", "objects in parts"),
      test("multipart", "integrity of objects in parts"),
    ],
  },
  {
    name: "parts-etag-unchecked",
    without: "nothing is completed that would have another ETag than its original",
    file: replicator("copy-multipart"),
    text: "if (etag !== attempt.etag) {",
    by: "if (false) {",
    proofs: [test("multipart", "integrity of objects in parts")],
  },
  {
    name: "upload-of-another-version-resumed",
    without: "only an upload of the very same version is gone on with",
    file: replicator("copy-multipart"),
    text: "upload.key === key && upload.likeness === likeness",
    by: "upload.key === key",
    proofs: [test("multipart", "goes on with no upload of an older version")],
  },
  {
    name: "sync-point-not-before-listing",
    without: "the sync point allows for whole seconds",
    file: replicator("sweep"),
    text: "beforeResolution(passBegan)",
    by: "passBegan",
    proofs: [test("bounds", "is the source's time at the first listing, less a second")],
  },
  {
    name: "sync-point-of-last-run",
    without: "the sync point is where the whole pass began",
    file: replicator("sweep"),
    text: "checkpoint?.passBegan ?? reconciled.began?.toISOString();",
    by: "reconciled.began?.toISOString() ?? checkpoint?.passBegan;",
    proofs: [test("bounds", "is not moved by a run that did not reach the end")],
  },
  {
    name: "sync-point-beyond-names",
    without: "the sync point does not move past more exceptions than can be named",
    file: replicator("sweep"),
    text: "exceptions <= MOST_NAMED_EXCEPTIONS ? beforeResolution(passBegan) : rest.syncPoint",
    by: "beforeResolution(passBegan)",
    proofs: [test("bounds", "does not move past more exceptions than can be named")],
  },
  {
    name: "watermark-past-failures",
    without: "the watermark does not move past a key that failed",
    file: replicator("sweep"),
    text: "failed === 0 && remembered.complete ? passBegan",
    by: "remembered.complete ? passBegan",
    proofs: [test("comparison", "does not move when a key failed")],
  },
];

export const REPLICATION_MUTATIONS: readonly Mutation[] = [
  ...MARKER,
  ...EPOCH,
  ...LEASE,
  ...CONDITIONS,
  ...LINEAGE,
  ...DELETIONS,
  ...INTEGRITY,
];
