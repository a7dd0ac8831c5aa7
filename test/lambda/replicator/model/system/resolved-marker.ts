import { type Marker, MarkerFormatError, parseMarker } from "../../../../../contract/marker";
import { MarkerUnreadableError } from "../../../../../lambda/marker/marker-reader";
import { SettableMarker } from "../../../../support/replicated-pair";

export type ResolverNumber = 0 | 1;

/** The marker as running code reads it: from two resolvers, each with a memory of its own, which must agree. */
export class ResolvedMarker extends SettableMarker {
  /** Resolvers that give no answer. */
  public readonly silent = new Set<ResolverNumber>();

  /** @param ask what a resolver says: the record's text without quotes */
  constructor(private readonly ask: (resolver: ResolverNumber) => string) {
    super();
  }

  public override read(): Promise<Marker> {
    this.reads += 1;
    return Promise.resolve().then(() => this.readNow());
  }

  /** @throws MarkerUnreadableError */
  public readNow(): Marker {
    const [first, second] = [this.answer(0), this.answer(1)];
    if (first !== second) throw new MarkerUnreadableError(`resolvers disagree: ${first}, ${second}`);
    try {
      return parseMarker(first);
    } catch (error) {
      if (!(error instanceof MarkerFormatError)) throw error;
      throw new MarkerUnreadableError(error.message, { cause: error });
    }
  }

  /** @throws MarkerUnreadableError */
  public answer(resolver: ResolverNumber): string {
    if (this.silent.has(resolver)) throw new MarkerUnreadableError(`resolver ${resolver} does not answer`);
    return this.ask(resolver);
  }
}
