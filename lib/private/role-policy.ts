import { terraformLiteral } from "./terraform-literal";

export interface PolicyStatement {
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: unknown;
}

/** Where an ARN with a wildcard stands for the account: the one of who asks. */
export const SAME_ACCOUNT = {
  StringEquals: { "aws:ResourceAccount": terraformLiteral("${aws:PrincipalAccount}") },
};

export function policyDocument(statements: readonly PolicyStatement[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

/** Lets a service, as in `lambda.amazonaws.com`, take a role; under a condition, if one is given. */
export function trustPolicy(service: string, condition?: object): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole", Condition: condition },
    ],
  });
}
