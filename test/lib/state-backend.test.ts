import { describe, expect, it } from "@jest/globals";
import { App, Fn, TerraformStack } from "cdktf";
import { StateBackend } from "../../lib/state-backend";
import { itRefusesEach, type RefusedInput } from "./refusal";
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

describe("bad input", () => {
  const r2 = { accountId: "account", bucket: "state" };
  const s3 = { bucket: "state", region: "eu-central-1" };
  const cloud = { organization: "team" };
  const reference = Fn.lower("STATE");
  const refused = (
    kind: "r2" | "s3" | "local" | "terraformCloud",
    prop: string,
    props: object,
    value: unknown,
    allowed: string,
    fix: string,
  ): RefusedInput => ({
    input: JSON.stringify(props),
    attempt: () => StateBackend[kind](props as never),
    code: "VALUE_INVALID",
    path: `StateBackend.${kind}/${prop}`,
    value,
    allowed,
    fix,
  });

  itRefusesEach([
    refused("r2", "accountId", { ...r2, accountId: "a/b" }, "a/b", "32 hexadecimal", "overview"),
    refused("r2", "bucket", { ...r2, bucket: "" }, "", "3 to 63", "example-terraform-state"),
    refused("r2", "keyPrefix", { ...r2, keyPrefix: "/team" }, "/team", "single slashes", "storage-failover"),
    refused("r2", "profile", { ...r2, profile: "" }, "", "without spaces", "r2-state"),
    refused("s3", "bucket", { ...s3, bucket: reference }, "(reference)", "a plain string", "the value"),
    refused("s3", "region", { ...s3, region: "EU" }, "EU", "a region's code", "eu-central-1"),
    ...[
      ["http://fra1.example.net", "http://fra1.example.net"],
      ["fra1.example.net", "fra1.example.net"],
      ["https://fra1.example.net/state", "https://fra1.example.net/state"],
      ["https://me:word@fra1.example.net", "https://(hidden)@fra1.example.net"],
    ].map(([endpoint, shown]) =>
      refused("s3", "endpoint", { ...s3, endpoint }, shown, "https, a host name", "digitaloceanspaces"),
    ),
    ...["", "/var/state", "C:\\state"].map((folder) =>
      refused("local", "folder", { folder }, folder, "a relative folder", "../../.."),
    ),
    refused("terraformCloud", "organization", { organization: "a b" }, "a b", "letters", "example-org"),
    refused("terraformCloud", "workspacePrefix", { ...cloud, workspacePrefix: "" }, "", "60", "assets"),
    refused(
      "terraformCloud",
      "hostname",
      { ...cloud, hostname: "https://tfe.example.com" },
      "https://tfe.example.com",
      "a host name",
      "app.terraform.io",
    ),
  ]);

  it("takes a server on loopback without TLS, to try it", () => {
    expect(() => StateBackend.s3({ ...s3, endpoint: "http://127.0.0.1:9000" })).not.toThrow();
  });
});
