import { field } from "../field";
import type { LivePool } from "../live-edge";

type Health = LivePool["health"];

/**
 * What the answer of `pools/<id>/health` comes to: the pool is healthy where most places that probe it find it so. A tie
 * is no majority, as for Cloudflare's own monitors.
 */
export function poolHealth(answer: unknown): Health {
  const places = placesOf(answer);
  if (places.length === 0) return { unknown: "no monitor has looked at the pool yet" };
  const healthy = places.filter(Boolean).length;
  return { value: healthy * 2 > places.length ? "healthy" : "unhealthy" };
}

/** By place, as in `{ "Amsterdam, NL": { healthy: true } }`; the published schema has them as one. */
function placesOf(answer: unknown): readonly boolean[] {
  const health = field(answer, "pop_health");
  const whole = field(health, "healthy");
  if (typeof whole === "boolean") return [whole];
  if (typeof health !== "object" || health === null) return [];
  return Object.values(health)
    .map((place) => field(place, "healthy"))
    .filter((healthy) => typeof healthy === "boolean");
}
