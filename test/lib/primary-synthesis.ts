import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { App, TerraformStack, TerraformVariable, Testing } from "cdktf";
import type { Construct } from "constructs";
import { S3PrimaryStore, type S3PrimaryStoreProps } from "../../lib/primary/s3-primary-store";
import { synthesizedResources } from "./synthesized-resources";
import { temporaryFolder } from "./temporary-folder";

const outdir = temporaryFolder();

export const BUCKET_ARN = "arn:aws:s3:::example-assets-primary";

export const KEY_ARN = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-0000-0000-000000000001";

/** References by which a test gives secrets; in the plan they read as `${var.<name>}`. */
export function secretVariables(stack: Construct) {
  const variable = (id: string) =>
    new TerraformVariable(stack, id, { type: "string", sensitive: true }).stringValue;
  return { originSecret: variable("origin_secret"), previousOriginSecret: variable("previous_secret") };
}

/** All that a store needs to be read through CloudFront, but the secret. */
export const CLOUDFRONT_PROPS = {
  originAccess: "cloudfront",
  cloudfrontAlias: "assets-origin.example.com",
  cloudfrontCertificateArn:
    "arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-0000-0000-000000000002",
} as const satisfies Partial<S3PrimaryStoreProps>;

export function primaryStack(): TerraformStack {
  const stack = new TerraformStack(new App({ outdir }), "primary");
  new AwsProvider(stack, "aws", { region: "us-east-1" });
  return stack;
}

/** A value that is only known after deployment. */
export function reference(): string {
  return new TerraformVariable(primaryStack(), "name", {}).stringValue;
}

/** A store with nothing but what is required, and `change`. */
export function createStore(change: Partial<S3PrimaryStoreProps> = {}, secrets = false) {
  const stack = primaryStack();
  const store = new S3PrimaryStore(stack, "store", {
    bucketName: "example-assets-primary",
    region: "eu-central-1",
    ...(secrets && secretVariables(stack)),
    ...change,
  });
  return { stack, store };
}

export function synthesizeStore(change: Partial<S3PrimaryStoreProps> = {}, secrets = false) {
  const { stack, store } = createStore(change, secrets);
  return { store, ...synthesized(stack) };
}

export function synthesized(stack: TerraformStack) {
  const text = Testing.synth(stack, true);
  return { text, ...synthesizedResources(text) };
}

/** Where a refused prop of such a store is said to be. */
export const pathOf = (prop: keyof S3PrimaryStoreProps) => `primary/store/${prop}`;

/** What a caller without types can do. */
export function untyped<Value>(value: unknown): Value {
  return value as Value;
}
