// The AWS SDK tells every process of ours that Node 20 is old.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
// Texts are compared without colours, on a terminal too.
process.env.NO_COLOR = "1";

const transform = {
  "^.+\\.tsx?$": [
    "@swc/jest",
    { jsc: { target: "es2023", parser: { syntax: "typescript" } }, module: { type: "commonjs" } },
  ],
};

/** @type {import("jest").Config} */
const shared = {
  testEnvironment: "node",
  transform,
  modulePathIgnorePatterns: ["<rootDir>/dist", "<rootDir>/.cache", "<rootDir>/cdktf.out"],
};

/** `unit` needs nothing but Node; `real` starts MinIO and LocalStack. */
module.exports = {
  // Milliseconds; generous, because a busy machine is no failure. Jest takes it for all projects or not at all.
  testTimeout: 120_000,
  projects: [
    {
      ...shared,
      displayName: "unit",
      testMatch: ["<rootDir>/test/**/*.test.ts"],
      testPathIgnorePatterns: ["/node_modules/", "<rootDir>/test/real/"],
    },
    { ...shared, displayName: "real", testMatch: ["<rootDir>/test/real/**/*.test.ts"] },
  ],
};
