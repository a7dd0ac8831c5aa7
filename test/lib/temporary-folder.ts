import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "@jest/globals";

/** A folder for this test file's output, removed after its last test. Call at the top level of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "storage-failover-test-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
