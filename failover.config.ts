import { StateBackend } from "./lib/state-backend";
import type { StorageFailoverProps } from "./lib/storage-failover-props";

/** Everything but the toggle, which is one word in `cdktf.json`. */
export type FailoverConfig = Omit<StorageFailoverProps, "activeProvider">;

const accountId = "00000000000000000000000000000000";

/**
 * The deployment's values: edit these. No secret belongs here.
 *
 * Credentials come from the environment: `AWS_*`, `DIGITALOCEAN_TOKEN`, `CLOUDFLARE_API_TOKEN`, and a profile
 * `r2-state` in `~/.aws/credentials` with the key pair of the R2 bucket that holds the state.
 */
export const failoverConfig = {
  hostname: "assets.example.com",
  zoneName: "example.com",
  zoneId: "11111111111111111111111111111111",
  accountId,

  primary: {
    bucketName: "example-assets-primary",
    region: "eu-central-1",
  },
  secondary: {
    bucketName: "assets-standby",
    originHost: "assets-standby.example.com",
    region: "fra1",
    volumeGiB: 100,
    sshKeyIds: ["1234567"],
  },
  replication: {
    everyMinutes: 5,
  },
  edge: {
    plan: "pro",
    checkRegions: ["WEU"],
    notificationEmails: ["storage-alerts@example.com"],
  },

  // On Cloudflare too, so that a flip needs nothing but Cloudflare.
  backend: StateBackend.r2({ accountId, bucket: "example-terraform-state", profile: "r2-state" }),
} satisfies FailoverConfig;
