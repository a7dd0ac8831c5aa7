import type { Marker } from "../../contract/marker";

/** The only truth that running code trusts about direction. */
export interface MarkerReader {
  /**
   * Reads the marker now.
   *
   * @throws MarkerUnreadableError when it cannot be read, or when the sources disagree
   */
  read(): Promise<Marker>;
}

/** Nobody knows which store is active: hold back, and ask again. */
export class MarkerUnreadableError extends Error {
  public override readonly name = "MarkerUnreadableError";
}
