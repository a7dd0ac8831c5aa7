import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { STORE_NAMES } from "../../contract/stores";
import { type ActiveProviderCandidates, resolveActiveProvider } from "../../lib/active-provider";
import { type RefusedInput, refusalOf } from "./refusal";

describe("the toggle", () => {
  it.each<[string, ActiveProviderCandidates, string, string]>([
    [
      "the prop first",
      { prop: "secondary", environment: "primary", context: "primary", fileContext: "primary" },
      "secondary",
      "prop",
    ],
    [
      "then the environment",
      { environment: "secondary", context: "primary", fileContext: "primary" },
      "secondary",
      "environment",
    ],
    ["then the context", { context: "secondary", fileContext: "primary" }, "secondary", "context"],
    ["then the file", { fileContext: "secondary" }, "secondary", "fileContext"],
  ])("asks %s", (_order, candidates, value, source) => {
    expect(resolveActiveProvider(candidates)).toMatchObject({ value, source });
  });

  it("warns when the environment overrides another value, naming both places and both values", () => {
    const { warning } = resolveActiveProvider({ environment: "secondary", fileContext: "primary" });

    expect(warning).toContain('environment variable ACTIVE_PROVIDER overrides the toggle: "secondary"');
    expect(warning).toContain('"primary" from cdktf.json context.activeProvider');
  });

  it.each<[string, ActiveProviderCandidates]>([
    ["the environment agrees with the file", { environment: "primary", fileContext: "primary" }],
    ["there is no environment", { context: "primary", fileContext: "secondary" }],
    ["the environment is all there is", { environment: "secondary" }],
    ["a prop decides", { prop: "primary", environment: "secondary", fileContext: "secondary" }],
  ])("does not warn when %s", (_case, candidates) => {
    expect(resolveActiveProvider(candidates).warning).toBeUndefined();
  });

  it.each<RefusedInput>([
    {
      input: "nothing anywhere",
      attempt: () => resolveActiveProvider({}),
      code: "ACTIVE_PROVIDER_MISSING",
      path: "cdktf.json context.activeProvider",
      value: undefined,
      allowed: '"primary" or "secondary"',
      fix: "cdktf.json",
    },
    {
      input: "a wrong prop, although the environment is right",
      attempt: () => resolveActiveProvider({ prop: "minio", environment: "primary" }),
      code: "ACTIVE_PROVIDER_UNKNOWN",
      path: "prop activeProvider",
      value: "minio",
      allowed: '"primary" or "secondary"',
      fix: "prop activeProvider",
    },
    {
      input: "a wrong environment, although the file is right",
      attempt: () => resolveActiveProvider({ environment: "Secondary", fileContext: "primary" }),
      code: "ACTIVE_PROVIDER_UNKNOWN",
      path: "environment variable ACTIVE_PROVIDER",
      value: "Secondary",
      allowed: '"primary" or "secondary"',
      fix: "environment variable ACTIVE_PROVIDER",
    },
    {
      input: "an empty environment variable",
      attempt: () => resolveActiveProvider({ environment: "", fileContext: "primary" }),
      code: "ACTIVE_PROVIDER_UNKNOWN",
      path: "environment variable ACTIVE_PROVIDER",
      value: "",
      allowed: '"primary" or "secondary"',
      fix: "unset it",
    },
    {
      input: "a wrong context",
      attempt: () => resolveActiveProvider({ context: ["primary"] }),
      code: "ACTIVE_PROVIDER_UNKNOWN",
      path: "context activeProvider",
      value: ["primary"],
      allowed: '"primary" or "secondary"',
      fix: "context activeProvider",
    },
    {
      input: "a wrong file",
      attempt: () => resolveActiveProvider({ fileContext: null }),
      code: "ACTIVE_PROVIDER_UNKNOWN",
      path: "cdktf.json context.activeProvider",
      value: null,
      allowed: '"primary" or "secondary"',
      fix: "cdktf.json context.activeProvider",
    },
  ])("refuses $input", ({ attempt, code, path, value, allowed, fix }) => {
    const refusal = refusalOf(attempt);

    expect(refusal).toMatchObject({ code, path, value });
    expect(refusal.allowed).toContain(allowed);
    expect(refusal.fix).toContain(fix);
  });

  it("names the variable as a way out only to apps that look at it", () => {
    const looking = refusalOf(() => resolveActiveProvider({ environment: undefined, context: undefined }));
    const blind = refusalOf(() => resolveActiveProvider({ context: undefined }));

    expect(looking.fix).toContain("or ACTIVE_PROVIDER for one run");
    expect(blind.fix).not.toContain("ACTIVE_PROVIDER");
  });

  it("never invents a value: whatever is found, it is a given one or a refusal", () => {
    const anything = fc.oneof(fc.constantFrom(undefined, ...STORE_NAMES), fc.string(), fc.constant(null));
    fc.assert(
      fc.property(anything, anything, anything, anything, (prop, environment, context, fileContext) => {
        const candidates = { prop, environment, context, fileContext };
        const deciding = [prop, environment, context, fileContext].find((value) => value !== undefined);
        if (STORE_NAMES.some((name) => name === deciding)) {
          expect(resolveActiveProvider(candidates).value).toBe(deciding);
        } else {
          expect(refusalOf(() => resolveActiveProvider(candidates)).value).toBe(deciding);
        }
      }),
      { seed: 3, numRuns: 500 },
    );
  });
});
