import { formatMarker, type Marker, MarkerFormatError, parseMarker } from "../../contract/marker";
import type { LiveMarker } from "../live-edge";

/** A TXT record's content as Cloudflare keeps it: with double quotes of its own. */
export function markerContent(marker: Marker): string {
  return `"${formatMarker(marker)}"`;
}

/** What a content says; quotes may be missing where somebody typed it by hand. */
export function liveMarker(content: string): LiveMarker {
  try {
    return { content, marker: { value: parseMarker(content.replaceAll(/^"|"$/g, "")) } };
  } catch (error) {
    if (!(error instanceof MarkerFormatError)) throw error;
    return { content, marker: { unknown: error.message } };
  }
}
