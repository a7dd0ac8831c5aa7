import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { faultsOf, skipsIn } from "../../scripts/gates/checkov-skips";

const finding = {
  check: "CKV_AWS_18",
  title: "access logging",
  place: "primary/cdk.tf.json aws_s3_bucket.a",
};
const skip = { check: "CKV_AWS_18", reason: "logs go to a bucket that the team has" };

describe("the skipped checks of .checkov.yaml", () => {
  it("are read with their reasons", () => {
    const settings = "quiet: true\nskip-check:\n  - CKV_AWS_18 # because # of that\n  - CKV_DIO_4\n";

    expect(skipsIn(settings)).toEqual([
      { check: "CKV_AWS_18", reason: "because # of that" },
      { check: "CKV_DIO_4", reason: "" },
    ]);
  });

  it("each have a reason in this repository, and stand there once", () => {
    const skips = skipsIn(readFileSync(join(__dirname, "..", "..", ".checkov.yaml"), "utf8"));
    const found = skips.map(({ check }) => ({ ...finding, check }));

    expect(skips.length).toBeGreaterThan(0);
    expect(faultsOf(found, skips)).toEqual([]);
  });
});

describe("a gate over Checkov's findings", () => {
  it("lets pass what is skipped for a reason", () => {
    expect(faultsOf([finding, finding], [skip])).toEqual([]);
  });

  it.each([
    [
      "a finding that is not skipped",
      [finding],
      [],
      /primary\/cdk\.tf\.json aws_s3_bucket\.a: access logging \(CKV_AWS_18\)/,
    ],
    ["a skip without a reason", [finding], [{ ...skip, reason: "" }], /without a reason/],
    [
      "a skip whose reason says nothing",
      [finding],
      [{ ...skip, reason: "false positive" }],
      /without a reason/,
    ],
    ["a skip that is not needed any more", [], [skip], /finds nothing any more/],
    ["a skip that stands there twice", [finding], [skip, skip], /twice/],
  ])("refuses %s", (_what, findings, skips, words) => {
    expect(faultsOf(findings, skips)).toEqual([expect.stringMatching(words)]);
  });
});
