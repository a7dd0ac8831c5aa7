import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";

const scenarios = readdirSync("drill/scenarios")
  .filter((file) => file.endsWith(".yaml"))
  .map((file) => file.replace(/\.yaml$/, ""));

/** Each `###` of the page with what stands under it. */
const failures = readFileSync("docs/failures.md", "utf8")
  .split(/^(?=### )/m)
  .slice(1)
  .map((part) => ({ symptom: part.slice(4, part.indexOf("\n")), text: part.split(/^## /m)[0] ?? "" }));

function shownBy(text: string): readonly string[] {
  return [...text.matchAll(/\]\(\.\.\/drill\/scenarios\/([\w-]+)\.yaml\)/g)].map(([, id = ""]) => id);
}

describe("the catalogue of failures", () => {
  it("says of each why, how it is told, what to do, and which drill shows it", () => {
    expect(failures.length).toBeGreaterThan(20);
    const lacking = failures.filter(({ text }) =>
      ["- Why: ", "- Tell: ", "- Fix: ", "- Drill: "].some((part) => !text.includes(part)),
    );
    expect(lacking.map(({ symptom }) => symptom)).toEqual([]);
  });

  it("links each failure to a scenario that there is", () => {
    const wrong = failures.filter(({ text }) => {
      const ids = shownBy(text);
      return ids.length === 0 || ids.some((id) => !scenarios.includes(id));
    });
    expect(wrong.map(({ symptom }) => symptom)).toEqual([]);
  });

  it("leaves no scenario out", () => {
    const shown = new Set(failures.flatMap(({ text }) => shownBy(text)));
    expect(scenarios.filter((id) => !shown.has(id))).toEqual([]);
  });
});
