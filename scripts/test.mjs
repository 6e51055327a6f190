#!/usr/bin/env node
/**
 * `npm test`: installs and builds what is missing, runs the whole suite, says which tests could not run here
 * and ends with one plain line, `N passed, N failed`. Arguments go to vitest: `npm test -- test/unit/wire`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { ensureBuilt, ensureInstalled, root, shout } from "./lib/ready.mjs";

ensureInstalled();
ensureBuilt();

const scratch = mkdtempSync(join(tmpdir(), "sotto-test-"));
const report = join(scratch, "report.json");
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const run = spawnSync(
  process.execPath,
  [
    vitest,
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: "inherit" },
);
const result = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")) : undefined;
rmSync(scratch, { recursive: true, force: true });

if (result === undefined) {
  shout("vitest wrote no report: see above for what stopped it");
  process.exit(run.status || 1);
}

tellSkipped(result);
// A file that cannot be loaded has no tests to fail: it counts as one.
const unloaded = result.testResults.filter(
  (file) => file.status === "failed" && file.assertionResults.length === 0,
);
const failed = result.numFailedTests + unloaded.length;
console.log(`\n${result.numPassedTests} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : (run.status ?? 1));

/** One line a file: a test that did not run is not a test that passed. */
function tellSkipped({ testResults }) {
  const skipped = testResults
    .map((file) => ({
      name: relative(root, file.name),
      count: file.assertionResults.filter(({ status }) => status === "skipped" || status === "pending")
        .length,
    }))
    .filter(({ count }) => count > 0);
  if (skipped.length === 0) return;
  shout(
    "NOT RUN here, most likely for want of a real server or tool (.ci/run lists the packages):",
    ...skipped.map(({ name, count }) => `  ${name}: ${count} skipped`),
  );
}
