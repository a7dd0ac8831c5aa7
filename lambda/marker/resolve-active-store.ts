import { type Marker, markerRecordName } from "../../contract/marker";
import { DnsOverHttpsMarker } from "./dns-over-https";

/** Where the marker is, and whom to ask for it. */
export interface ResolveActiveStoreOptions {
  /** The host name that readers use; the marker's record name is derived from it. */
  readonly hostname: string;
  /**
   * URLs of two resolvers that speak DNS JSON, run by different operators.
   *
   * @default DEFAULT_RESOLVERS
   */
  readonly resolvers?: readonly string[];
  /**
   * Seconds after which a resolver that says nothing is given up.
   *
   * @default 5
   */
  readonly timeoutSeconds?: number;
}

/**
 * Asks which store writers may write to. For a writer to be safe it
 *
 * - acts on one answer for at most `MARKER_HOLD_SECONDS`,
 * - writes nothing while `writesPaused` is true or this function rejects,
 * - waits `fenceSeconds()` before its first write to another store than before.
 *
 * @throws MarkerUnreadableError when the marker cannot be read, or when the resolvers disagree
 */
export function resolveActiveStore(options: ResolveActiveStoreOptions): Promise<Marker> {
  return new DnsOverHttpsMarker({
    recordName: markerRecordName(options.hostname),
    resolvers: options.resolvers,
    timeoutSeconds: options.timeoutSeconds,
  }).read();
}
