import { expect, it } from "@jest/globals";
import { App, TerraformStack } from "cdktf";
import { StateBackend } from "../../lib/state-backend";
import { temporaryFolder } from "./temporary-folder";

const outdir = temporaryFolder();

const outsideOfAws = {
  skip_credentials_validation: true,
  skip_metadata_api_check: true,
  skip_region_validation: true,
  skip_requesting_account_id: true,
  skip_s3_checksum: true,
  use_path_style: true,
  use_lockfile: true,
};

it.each<[string, StateBackend, boolean, object]>([
  [
    "Cloudflare R2",
    StateBackend.r2({ accountId: "account", bucket: "state", profile: "r2-state" }),
    false,
    {
      s3: {
        bucket: "state",
        key: "storage-failover/edge.tfstate",
        region: "auto",
        profile: "r2-state",
        endpoints: { s3: "https://account.r2.cloudflarestorage.com" },
        ...outsideOfAws,
      },
    },
  ],
  [
    "Amazon S3, encrypted and locked",
    StateBackend.s3({ bucket: "state", region: "eu-west-1", keyPrefix: "downloads" }),
    true,
    {
      s3: {
        bucket: "state",
        key: "downloads/edge.tfstate",
        region: "eu-west-1",
        encrypt: true,
        use_lockfile: true,
      },
    },
  ],
  [
    "another server that speaks S3, where the lock can be left out",
    StateBackend.s3({
      bucket: "state",
      region: "fra1",
      endpoint: "https://fra1.example.net",
      useLockfile: false,
    }),
    false,
    {
      s3: {
        ...outsideOfAws,
        bucket: "state",
        key: "storage-failover/edge.tfstate",
        region: "fra1",
        endpoints: { s3: "https://fra1.example.net" },
        use_lockfile: undefined,
      },
    },
  ],
  [
    "files beside the output",
    StateBackend.local(),
    false,
    { local: { path: "../../../terraform.edge.tfstate" } },
  ],
  [
    "a workspace a stack",
    StateBackend.terraformCloud({ organization: "example", workspacePrefix: "assets" }),
    false,
    { cloud: { organization: "example", workspaces: { name: "assets-edge" } } },
  ],
])("keeps state in %s", (_place, backend, onAws, expected) => {
  const stack = new TerraformStack(new App({ outdir }), "edge");

  backend.attachTo(stack);

  const { backend: written, cloud } = stack.toTerraform().terraform;
  expect(JSON.parse(JSON.stringify(cloud === undefined ? written : { cloud }))).toEqual(
    JSON.parse(JSON.stringify(expected)),
  );
  expect(backend.onAws).toBe(onAws);
});

it("of workspaces needs no Terraform to be synthesized, and tells CDKTF's command line of them", () => {
  const path = process.env.PATH;
  process.env.PATH = "";
  try {
    const app = new App({ outdir });
    const stack = new TerraformStack(app, "edge");
    StateBackend.terraformCloud({ organization: "example" }).attachTo(stack);

    app.synth();

    expect(stack.toTerraform()["//"].metadata).toMatchObject({ backend: "cloud", cloud: "tfc" });
  } finally {
    process.env.PATH = path;
  }
});
