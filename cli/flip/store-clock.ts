/**
 * A store's clock, from the `Date` of whatever its S3 API answers to a stranger.
 *
 * @throws Error when it does not answer, or tells no time
 */
export async function storeClock(endpoint: string, signal: AbortSignal): Promise<Date> {
  const response = await fetch(endpoint, { method: "HEAD", redirect: "manual", signal });
  const date = new Date(response.headers.get("date") ?? "");
  if (Number.isNaN(date.getTime())) throw new Error(`${endpoint} tells no time`);
  return date;
}
