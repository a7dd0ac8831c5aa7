import type { ObjectClient } from "../../../lambda/s3/object-client";
import type { StoreWriter } from "../store-writer";

/** Facts in which stores differ. They are parameters of the suite, so that a change in one of them turns red. */
export interface StoreTraits {
  /** Awkward keys (names of `AWKWARD_KEYS`) that the store refuses, or stores under another name. @default - none */
  readonly cannotHold?: readonly string[];
  /** Awkward keys that it holds, but not as an object that was put in parts. @default - none */
  readonly cannotHoldInParts?: readonly string[];
  /** Awkward keys whose versions it does not keep: overwriting and deleting destroys. @default - none */
  readonly keepsNoVersionsOf?: readonly string[];
  /** What the store makes of an `Expires` that is no date. @default "kept" */
  readonly expiresThatIsNoDate?: "kept" | "dropped" | "refused";
  /** Whether deleting a key that is deleted already stacks a second delete marker. @default true */
  readonly stacksMarkers?: boolean;
  /** Whether deleting a key that was never there places a delete marker. @default true */
  readonly marksUnknownKeys?: boolean;
  /** Whether a single delete tells of the marker that it places while versioning is suspended. @default true */
  readonly tellsMarkersWhenSuspended?: boolean;
  /** Whether the delete of a version that is gone is a success. @default true */
  readonly deletesGoneVersions?: boolean;
  /** Whether names of tags may have letters beyond ASCII. @default true */
  readonly tagsInAnyLanguage?: boolean;
  /** Whether an eleventh tag is refused. @default true */
  readonly limitsTags?: boolean;
  /**
   * Whether a conditional completion is refused (409) when the key changed while the upload was open, although the
   * condition holds. @default true
   */
  readonly noticesChangesDuringUpload?: boolean;
  /** Whether one of several conditional completions at the same time wins. @default true */
  readonly completesOneAtATime?: boolean;
  /** Whether a read that does not name the version tells how many tags there are. @default true */
  readonly countsTagsOfCurrent?: boolean;
  /**
   * Milliseconds that must lie between two changes of a key for their order to be told: the store lists
   * versions and delete markers apart, so that only their times tell. @default 0
   */
  readonly versionOrderNeedsMilliseconds?: number;
}

export interface OpenedStore {
  readonly client: ObjectClient;
  readonly writer: StoreWriter;
  /** A client for an empty bucket of the same store that is not versioned; closed with the store. */
  openUnversioned(): Promise<ObjectClient>;
  close(): Promise<void>;
}

/** The store that a suite is about: open from the suite's first test to its last. */
export class Subject {
  public opened: OpenedStore | undefined;

  constructor(public readonly traits: StoreTraits) {}

  public get client(): ObjectClient {
    return this.store.client;
  }

  public get writer(): StoreWriter {
    return this.store.writer;
  }

  public get store(): OpenedStore {
    if (this.opened === undefined) throw new Error("the store is open in tests only");
    return this.opened;
  }
}
