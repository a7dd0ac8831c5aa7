import type { ObjectStore } from "../object-store";
import { useOfKeyByBucket } from "../private/bucket-key";
import { replicatorStatements } from "../private/replicator-actions";
import { type PolicyStatement, policyDocument, SAME_ACCOUNT } from "../private/role-policy";
import type { ReplicatorWatchingProps } from "./watching-props";

/** Random characters that Secrets Manager appends to a secret's name in its ARN. */
const SECRET_SUFFIX = "-??????";

/**
 * All that a function may do: what `replicator-actions.ts` lists on a store that is reached by role, with the key that
 * encrypts its objects; read the secret of a store that is not; and write its own log.
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
        ? [...replicatorStatements(store.bucketName), ...objectKeyStatements(store)]
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

/** Reading and writing objects that a customer's key encrypts; the parts of an upload are decrypted to be put together. */
function objectKeyStatements({ bucketName, region, encryptionKeyArn }: ObjectStore): PolicyStatement[] {
  return encryptionKeyArn === undefined
    ? []
    : [
        useOfKeyByBucket({
          actions: ["kms:Decrypt", "kms:GenerateDataKey"],
          keyArn: encryptionKeyArn,
          bucketName,
          region,
        }),
      ];
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
