/** Says, before vitest's summary, which tests did not run: a test that did not run is not one that passed. */
import { relative } from "node:path";
import { root, shout } from "./ready.mjs";

export default class NotRunReporter {
  onTestRunEnd(modules) {
    const lines = modules
      .map((module) => ({
        name: relative(root, module.moduleId),
        count: [...module.children.allTests("skipped")].length,
      }))
      .filter(({ count }) => count > 0)
      .map(({ name, count }) => `  ${name}: ${count} skipped`);
    if (lines.length === 0) return;
    shout(
      "NOT RUN here, most likely for want of a real server or tool (.ci/run lists the packages):",
      ...lines,
    );
  }
}
