import { defineConfig } from "vitest/config";

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
        // Whole programs and real servers, after the rest, so that nothing competes with their timing.
        extends: true,
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
