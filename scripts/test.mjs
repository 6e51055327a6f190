#!/usr/bin/env node
/**
 * `npm test`: installs and builds what is missing, runs the whole suite, says which tests could not run here
 * and ends with vitest's summary and one plain line, `N passed, N failed`. Arguments go to vitest:
 * `npm test -- test/unit/wire`.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureBuilt, ensureInstalled, root, shout } from "./lib/ready.mjs";

ensureInstalled();
ensureBuilt();

const reporters = ["./scripts/lib/not-run-reporter.mjs", "default", "./scripts/lib/tally-reporter.mjs"];
const run = spawnSync(
  process.execPath,
  [
    join(root, "node_modules", "vitest", "vitest.mjs"),
    "run",
    ...reporters.map((reporter) => `--reporter=${reporter}`),
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: "inherit" },
);
if (run.status === null) shout(`vitest was stopped (${run.signal}): see above`);
process.exit(run.status ?? 1);
