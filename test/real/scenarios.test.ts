import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "@jest/globals";
import { runDrill } from "../../drill/scenario/run-drill";
import { findScenario } from "../../drill/scenario/scenario-files";
import { describeReal } from "../support/real-stores";

/** Both servers have to start twice, on a machine that may be busy. */
const PATIENCE = 600_000;

/** The two that differ most from stores of our own: a server that forgets what it held, and secrets of its own. */
const CHOSEN = ["primary-killed", "secrets-unreadable"];

describeReal("scenarios on LocalStack and MinIO", ["localstack", "minio"], () => {
  const folder = mkdtempSync(join(tmpdir(), "real-scenarios-"));

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it(
    "come out as on embedded stores",
    async () => {
      const results = await runDrill({
        scenarios: CHOSEN.map(findScenario),
        stores: "real",
        seed: 1,
        reportFolder: folder,
        signal: new AbortController().signal,
        progress: {
          prepared: () => undefined,
          began: () => undefined,
          update: () => undefined,
          ended: () => undefined,
        },
      });
      for (const { scenario, passed, problem, report } of results) {
        const { expectations, invariants, targets, stores } = report.figures;
        expect({
          id: scenario.id,
          passed,
          problem,
          unmet: [...expectations, ...targets].filter(({ met }) => met === false),
          broken: invariants.filter(({ holds }) => holds === false),
          products: [stores.primary.product, stores.secondary.product],
        }).toEqual({
          id: scenario.id,
          passed: true,
          problem: undefined,
          unmet: [],
          broken: [],
          products: ["localstack", "minio"],
        });
      }
    },
    PATIENCE,
  );
});
