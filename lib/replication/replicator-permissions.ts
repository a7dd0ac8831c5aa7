import type { ObjectStore } from "../object-store";
import { replicatorStatements } from "../private/replicator-actions";
import { type PolicyStatement, policyDocument, SAME_ACCOUNT } from "../private/role-policy";
import type { ReplicatorWatchingProps } from "./watching-props";

/** Random characters that Secrets Manager appends to a secret's name in its ARN. */
const SECRET_SUFFIX = "-??????";

/**
 * All that a function may do: what `replicator-actions.ts` lists on a store that is reached by role, read the secret of
 * a store that is not, and write its own log.
 *
 * @param more what else it needs
 */
export function replicatorPermissions(
  stores: readonly ObjectStore[],
  logGroupArn: string,
  more: readonly PolicyStatement[] = [],
): string {
  return policyDocument([
    ...stores.flatMap((store) =>
      store.credentialsSecretName === undefined
        ? replicatorStatements(store.bucketName)
        : [secretStatement(store.credentialsSecretName)],
    ),
    {
      Effect: "Allow",
      Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
      Resource: [`${logGroupArn}:*`],
    },
    ...more,
  ]);
}

/** What the sweep alone may read: the secrets that it needs to tell of its runs. */
export function tellingStatements(props: ReplicatorWatchingProps): PolicyStatement[] {
  const { heartbeatSecretName, otlpHeadersSecretName, pushgatewayHeadersSecretName } = props;
  const names = [heartbeatSecretName, otlpHeadersSecretName, pushgatewayHeadersSecretName];
  return [...new Set(names)].flatMap((name) => (name === undefined ? [] : [secretStatement(name)]));
}

/** The secret may be made after the function, so its full ARN is not known; its account must be the function's. */
function secretStatement(secretName: string): PolicyStatement {
  return {
    Effect: "Allow",
    Action: ["secretsmanager:GetSecretValue"],
    Resource: [`arn:aws:secretsmanager:*:*:secret:${secretName}${SECRET_SUFFIX}`],
    Condition: SAME_ACCOUNT,
  };
}
