import { describe } from "@jest/globals";
import { isOnPath } from "../../drill/local-cloud/container-engine";

/** Without Go the server cannot be had, and the suite is skipped, unless nothing may be. */
export const describeWithBenchStores =
  isOnPath("go", process.env.PATH ?? "") || process.env.REQUIRE_REAL_STORES === "1"
    ? describe
    : describe.skip;
