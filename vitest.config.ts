import { defineConfig } from "vitest/config";

/** One more than the cores that continuous integration has: half of the time of such tests is waiting. */
const WORKERS_THAT_WAIT = 3;
const MEASURED = ["test/e2e/handler-fuzz.test.ts"];

/** Runs of `test/field` take minutes of real time: `npm run test:field`. */
export default defineConfig({
  test: {
    pool: "forks",
    coverage: { provider: "v8", include: ["src/**"] },
    projects: [
      {
        // Pure code without sockets: one process for many files, since nothing patches modules or globals.
        extends: true,
        test: {
          name: "unit",
          include: ["test/{unit,contract,scenario,fuzz}/**/*.test.ts"],
          isolate: false,
          // Not one less than there are cores, the default: on two of them that is one.
          maxWorkers: "100%",
          testTimeout: 20_000,
          hookTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Whole programs and real servers, after the rest, so that nothing competes with their timing. As above one
        // process for many files: to import the program for each anew takes longer than most of them.
        extends: true,
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          exclude: MEASURED,
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: WORKERS_THAT_WAIT,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Beside them, each in a process of its own, those that measure what their process takes.
        extends: true,
        test: {
          name: "measured",
          include: MEASURED,
          testTimeout: 60_000,
          maxWorkers: WORKERS_THAT_WAIT,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
