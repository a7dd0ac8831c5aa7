import type { ObjectStore } from "../object-store";
import { replicatorStatements } from "../private/replicator-actions";
import { terraformLiteral } from "../private/terraform-literal";

/** Random characters that Secrets Manager appends to a secret's name in its ARN. */
const SECRET_SUFFIX = "-??????";

export const TRUST_POLICY = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

/**
 * All that the function may do: what `replicator-actions.ts` lists on a store that is reached by role, read the secret of
 * a store that is not, and write its own log.
 */
export function replicatorPermissions(stores: readonly ObjectStore[], logGroupArn: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
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
    ],
  });
}

/** The secret may be made after the function, so its full ARN is not known; its account must be the function's. */
function secretStatement(secretName: string) {
  return {
    Effect: "Allow",
    Action: ["secretsmanager:GetSecretValue"],
    Resource: [`arn:aws:secretsmanager:*:*:secret:${secretName}${SECRET_SUFFIX}`],
    Condition: { StringEquals: { "aws:ResourceAccount": terraformLiteral("${aws:PrincipalAccount}") } },
  };
}
