/** How long an old marker can act, in seconds: of a deployment on this machine, whose time is scaled. */
export const FENCE_VARIABLE = "STORAGE_FAILOVER_FENCE_SECONDS";
