import { describe, expect, it } from "@jest/globals";
import { contentFaults, SIZE_LIMITS, sizeFaults } from "../../scripts/package/contents";

const sources = [
  "policy/edge.rego",
  "policy/edge_test.rego",
  "lib/index.ts",
  "contract/marker.ts",
  "lambda/marker/index.ts",
  "lambda/replicator/handler.ts",
  "drill/demo.ts",
  "test/lib/index.test.ts",
  "lib/secondary/provision/cloud-init.yaml",
];
const targets = ["dist/lib/index.js", "dist/lib/index.d.ts", "dist/cli/storage-failover.js", "package.json"];
const complete = [
  ...targets,
  "dist/contract/marker.js",
  "dist/contract/marker.d.ts",
  "dist/lambda/marker/index.js",
  "dist/lambda/marker/index.d.ts",
  "lib/secondary/provision/cloud-init.yaml",
  "assets/replicator.zip",
  "policy/edge.rego",
  ".checkov.yaml",
  "dependencies.schema.json",
  "LICENSE",
  "README.md",
];

describe("what the package holds", () => {
  it("is right when all is there that is needed, and nothing else", () => {
    expect(contentFaults(complete, { sources, targets })).toEqual([]);
  });

  it.each(complete)("is wrong without %s", (missing) => {
    const files = complete.filter((file) => file !== missing);

    expect(contentFaults(files, { sources, targets })).toEqual([`${missing} is missing`]);
  });

  it.each([
    ["a test", "dist/test/lib/index.test.js"],
    ["the drill", "dist/drill/demo.js"],
    ["the function's code beside the zip", "dist/lambda/replicator/handler.js"],
    ["what a source made that is gone", "dist/lib/removed.js"],
    ["a source", "lib/index.ts"],
    ["a map of sources", "dist/lib/index.js.map"],
    ["a test of a rule", "policy/edge_test.rego"],
    ["somebody's state", "assets/terraform.tfstate"],
  ])("is wrong with %s", (_what, file) => {
    const [fault, ...more] = contentFaults([...complete, file], { sources, targets });

    expect(fault).toContain(`${file} should not be there`);
    expect(more).toEqual([]);
  });
});

describe("its size", () => {
  const packed = SIZE_LIMITS.packedKiB * 1024;
  const unpacked = SIZE_LIMITS.unpackedKiB * 1024;

  it("may reach the limits", () => {
    expect(sizeFaults(packed, unpacked)).toEqual([]);
  });

  it("may pass neither, and each is named", () => {
    expect(sizeFaults(packed + 1, unpacked + 1)).toEqual([
      `${SIZE_LIMITS.packedKiB + 1} KiB packed, which is more than ${SIZE_LIMITS.packedKiB} KiB`,
      `${SIZE_LIMITS.unpackedKiB + 1} KiB unpacked, which is more than ${SIZE_LIMITS.unpackedKiB} KiB`,
    ]);
  });
});
