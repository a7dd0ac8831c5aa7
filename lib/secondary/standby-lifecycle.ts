import { oldVersionDays } from "../private/old-versions";

/**
 * What MinIO does with old versions, as `mc ilm rule import` reads it; without it the volume would fill with them, replication's
 * own state included. No rule removes delete markers, and parts of uploads that nobody ends go by MinIO's own rule.
 */
export function standbyLifecycle(longestOutageDays?: number): string {
  const rule = {
    ID: "keep-old-versions-through-an-outage",
    Status: "Enabled",
    NoncurrentVersionExpiration: { NoncurrentDays: oldVersionDays(longestOutageDays) },
  };
  return JSON.stringify({ Rules: [rule] }, null, 2);
}
