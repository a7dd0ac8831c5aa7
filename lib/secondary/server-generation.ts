import { TerraformResource } from "cdktf";
import type { Construct } from "constructs";

/**
 * A number in the state, whose change replaces what names it. The same `terraform_data` as the framework's
 * `DataResource`, which besides runs `terraform version` at every synth: a machine that only synthesizes, or that has OpenTofu,
 * would need Terraform for nothing.
 */
export class ServerGeneration extends TerraformResource {
  public constructor(
    scope: Construct,
    id: string,
    private readonly generation: number,
  ) {
    super(scope, id, {
      terraformResourceType: "terraform_data",
      terraformGeneratorMetadata: { providerName: "terraform" },
    });
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    return { input: { generation: this.generation } };
  }
}
