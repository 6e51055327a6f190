import { defineConfig } from "vitest/config";

/** Rows that take minutes of real time: outages, suspends, idle limits. One file after another. */
export default defineConfig({
  test: {
    name: "field",
    include: ["test/field/**/*.test.ts"],
    pool: "forks",
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 60_000,
    passWithNoTests: true,
  },
});
