import { STATE_PREFIX } from "../../contract/state-keys";
import { replicatorStatements } from "../private/replicator-actions";

/** What the replicator's policy is called on the server. */
export const REPLICATOR_POLICY_NAME = "storage-failover-replicator";

/** Who does not sign may get objects whose names are known, and neither list nor see replication's own state. */
export function anonymousPolicy(bucketName: string): string {
  const objects = `arn:aws:s3:::${bucketName}/`;
  const everyone = { AWS: ["*"] };
  return policy([
    { Effect: "Allow", Principal: everyone, Action: ["s3:GetObject"], Resource: [`${objects}*`] },
    {
      Effect: "Deny",
      Principal: everyone,
      Action: ["s3:GetObject"],
      Resource: [`${objects}${STATE_PREFIX}*`],
    },
  ]);
}

/** What the replicator's user may do, and no other bucket or administration. */
export function replicatorPolicy(bucketName: string): string {
  return policy(replicatorStatements(bucketName));
}

function policy(statements: readonly object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements }, null, 2);
}
