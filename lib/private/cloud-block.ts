import { TerraformBackend, type TerraformStack } from "cdktf";

export interface CloudBlockProps {
  readonly organization: string;
  readonly workspace: string;
  /** @default - app.terraform.io */
  readonly hostname?: string;
}

/**
 * The block `terraform.cloud`. CDKTF's own class for it runs `terraform version` at each synth and fails where there is
 * none, although a synth needs no Terraform.
 */
export class CloudBlock extends TerraformBackend {
  constructor(
    stack: TerraformStack,
    private readonly props: CloudBlockProps,
  ) {
    super(stack, "backend", "cloud");
  }

  public override toTerraform(): unknown {
    const { organization, hostname, workspace } = this.props;
    return { terraform: { cloud: { organization, hostname, workspaces: { name: workspace } } } };
  }

  /** What the CDKTF command line knows a run at HashiCorp's own service by. */
  public override toMetadata(): unknown {
    const { hostname = "app.terraform.io" } = this.props;
    return { ...super.toMetadata(), cloud: hostname.startsWith("app.terraform.io") ? "tfc" : "tfe" };
  }

  /** Stacks exchange plain strings. */
  public override getRemoteStateDataSource(): never {
    throw new Error("no stack reads another's state");
  }
}
