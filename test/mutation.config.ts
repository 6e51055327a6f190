import { defineConfig } from "vitest/config";

/** The tests that a mutant of canonical form, signature checks or denial has to get past, the fast ones. */
export default defineConfig({
  test: {
    name: "mutation",
    include: ["test/unit/dnssec/**/*.test.ts"],
    exclude: [
      "test/unit/dnssec/{schedules,round-trips,root-roll,trust-point,anchors,foreign-zones,damage}.test.ts",
    ],
    pool: "threads",
    isolate: false,
    testTimeout: 20_000,
  },
});
