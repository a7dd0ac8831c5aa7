import type { PropKinds } from "./private/prop-kinds";
import type { LocalStateProps, R2StateProps, S3StateProps, TerraformCloudStateProps } from "./state-backend";

const R2: PropKinds<R2StateProps> = {
  accountId: "text",
  bucket: "text",
  keyPrefix: "text?",
  profile: "text?",
};

const S3: PropKinds<S3StateProps> = {
  bucket: "text",
  region: "text",
  endpoint: "text?",
  keyPrefix: "text?",
  profile: "text?",
  useLockfile: "flag?",
};

const LOCAL: PropKinds<LocalStateProps> = { folder: "text?" };

const TERRAFORM_CLOUD: PropKinds<TerraformCloudStateProps> = {
  organization: "text",
  workspacePrefix: "text?",
  hostname: "text?",
};

export const STATE_BACKEND_KINDS = { r2: R2, s3: S3, local: LOCAL, terraformCloud: TERRAFORM_CLOUD };
