import { LocalBackend, S3Backend, type TerraformStack } from "cdktf";
import { ConfigurationError } from "./configuration-error";
import { CloudBlock } from "./private/cloud-block";
import { checkCloudflareId } from "./private/cloudflare-id";
import { checkKinds } from "./private/prop-kinds";
import { checkStatePlace } from "./private/state-place";
import { STATE_BACKEND_KINDS } from "./state-backend-kinds";

/** State in a bucket of Cloudflare R2. */
export interface R2StateProps {
  /** Identifier of the Cloudflare account that owns the bucket. */
  readonly accountId: string;
  /** The bucket, which is there already. */
  readonly bucket: string;
  /**
   * Begin of the state's key; each stack's name follows.
   *
   * @default "storage-failover"
   */
  readonly keyPrefix?: string;
  /**
   * Profile in the AWS credentials file that holds the R2 key pair, so that it does not mix with the AWS provider's credentials.
   *
   * @default - `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`
   */
  readonly profile?: string;
}

/** State in a bucket of Amazon S3, or of a server that speaks its API. */
export interface S3StateProps {
  /** The bucket, which is there already. */
  readonly bucket: string;
  /** The bucket's region. */
  readonly region: string;
  /**
   * Base URL of an S3-compatible server outside of AWS.
   *
   * @default - Amazon S3
   */
  readonly endpoint?: string;
  /** @default "storage-failover" */
  readonly keyPrefix?: string;
  /** @default - the environment's credentials */
  readonly profile?: string;
  /**
   * Whether to lock with a file beside the state; Terraform 1.10 or newer.
   *
   * @default true
   */
  readonly useLockfile?: boolean;
}

/** State in files. */
export interface LocalStateProps {
  /**
   * Folder for the state files, relative to each stack's folder in the output, where Terraform runs.
   *
   * @default "../../.." - where `cdktf.out` is
   */
  readonly folder?: string;
}

/** State in HCP Terraform or Terraform Enterprise. */
export interface TerraformCloudStateProps {
  /** The organization that the workspaces belong to. */
  readonly organization: string;
  /**
   * Begin of the workspaces' names; each stack's name follows.
   *
   * @default "storage-failover"
   */
  readonly workspacePrefix?: string;
  /** @default "app.terraform.io" */
  readonly hostname?: string;
}

const DEFAULT_PREFIX = "storage-failover";

/**
 * Where Terraform keeps a stack's state. Every stack gets one explicitly: without, the output would hold this
 * machine's absolute path. No value here is a secret; credentials come from the environment.
 */
export class StateBackend {
  /** Cloudflare R2: shares fate with Cloudflare only, which a flip needs anyway. Recommended for the edge. */
  public static r2(props: R2StateProps): StateBackend {
    checkKinds(props, STATE_BACKEND_KINDS.r2, "StateBackend.r2");
    checkStatePlace(props, "StateBackend.r2");
    checkCloudflareId(props.accountId, "StateBackend.r2/accountId");
    return new StateBackend(`r2 bucket ${props.bucket}`, false, (stack) => {
      const backend = new S3Backend(stack, {
        bucket: props.bucket,
        key: stateKey(props.keyPrefix, stack),
        region: "auto",
        profile: props.profile,
        endpoints: { s3: `https://${props.accountId}.r2.cloudflarestorage.com` },
        ...OUTSIDE_OF_AWS,
      });
      backend.addOverride("use_lockfile", true);
    });
  }

  /** Amazon S3, or with `endpoint` any server that speaks its API. */
  public static s3(props: S3StateProps): StateBackend {
    checkKinds(props, STATE_BACKEND_KINDS.s3, "StateBackend.s3");
    checkStatePlace(props, "StateBackend.s3");
    const onAws = props.endpoint === undefined || isAwsHost(props.endpoint);
    const place = props.endpoint === undefined ? "" : ` at ${props.endpoint}`;
    return new StateBackend(`s3 bucket ${props.bucket}${place}`, onAws, (stack) => {
      const backend = new S3Backend(stack, {
        bucket: props.bucket,
        key: stateKey(props.keyPrefix, stack),
        region: props.region,
        profile: props.profile,
        encrypt: onAws ? true : undefined,
        ...(props.endpoint === undefined ? {} : { endpoints: { s3: props.endpoint } }),
        ...(onAws ? {} : OUTSIDE_OF_AWS),
      });
      if (props.useLockfile ?? true) {
        backend.addOverride("use_lockfile", true);
      }
    });
  }

  /** Files beside the output, for one person or for tests. */
  public static local(props: LocalStateProps = {}): StateBackend {
    checkKinds(props, STATE_BACKEND_KINDS.local, "StateBackend.local");
    checkStatePlace(props, "StateBackend.local");
    const folder = props.folder ?? "../../..";
    return new StateBackend(`local folder ${folder}`, false, (stack) => {
      new LocalBackend(stack, { path: `${folder}/terraform.${stack.node.id}.tfstate` });
    });
  }

  /** HCP Terraform or Terraform Enterprise, one workspace a stack. */
  public static terraformCloud(props: TerraformCloudStateProps): StateBackend {
    checkKinds(props, STATE_BACKEND_KINDS.terraformCloud, "StateBackend.terraformCloud");
    checkStatePlace(props, "StateBackend.terraformCloud");
    return new StateBackend(`terraform cloud organization ${props.organization}`, false, (stack) => {
      new CloudBlock(stack, {
        organization: props.organization,
        hostname: props.hostname,
        workspace: `${props.workspacePrefix ?? DEFAULT_PREFIX}-${stack.node.id}`,
      });
    });
  }

  private constructor(
    /** In words, for messages. */
    public readonly description: string,
    /** Whether reading the state takes an answer from AWS. */
    public readonly onAws: boolean,
    private readonly create: (stack: TerraformStack) => void,
  ) {}

  /** Gives the stack this backend, under a key of its own. */
  public attachTo(stack: TerraformStack): void {
    this.create(stack);
  }
}

/**
 * A flip must be possible while AWS is down, so the edge's state may not be there.
 *
 * @throws ConfigurationError EDGE_BACKEND_ON_AWS
 */
export function checkEdgeBackend(backend: StateBackend, path: string): void {
  checkStateBackend(backend, path);
  if (!backend.onAws) {
    return;
  }
  throw new ConfigurationError({
    code: "EDGE_BACKEND_ON_AWS",
    path,
    what: "the edge's state is on AWS, so the edge could not be flipped while AWS is down",
    value: backend.description,
    allowed: "StateBackend.r2, .terraformCloud, .local, or .s3 with an endpoint outside of AWS",
    fix: "give the edge a backend of its own, as in edgeBackend: StateBackend.r2({ accountId, bucket })",
  });
}

/**
 * Refuses what only a caller without types can give.
 *
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkStateBackend(backend: unknown, path: string): void {
  // By what it can do: a package that was installed twice has two classes of this name.
  if (typeof backend === "object" && backend !== null && "attachTo" in backend) {
    return;
  }
  throw new ConfigurationError({
    code: "VALUE_INVALID",
    path,
    what: "this is no place for state",
    value: backend,
    allowed: "StateBackend.r2, .s3, .local or .terraformCloud",
    fix: "use one of these, as in StateBackend.r2({ accountId, bucket })",
  });
}

/** The S3 backend asks AWS about accounts, regions and metadata unless told not to. */
const OUTSIDE_OF_AWS = {
  skipCredentialsValidation: true,
  skipMetadataApiCheck: true,
  skipRegionValidation: true,
  skipRequestingAccountId: true,
  skipS3Checksum: true,
  usePathStyle: true,
} as const;

function stateKey(prefix: string | undefined, stack: TerraformStack): string {
  return `${prefix ?? DEFAULT_PREFIX}/${stack.node.id}.tfstate`;
}

function isAwsHost(endpoint: string): boolean {
  return /(^|\.)(amazonaws\.com(\.cn)?|api\.aws)$/.test(new URL(endpoint).hostname);
}
