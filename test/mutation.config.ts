import { defineConfig } from "vitest/config";

/** The tests that a mutant of canonical form, signature checks or denial has to get past: those of these parts alone. */
export default defineConfig({
  test: {
    name: "mutation",
    include: [
      "test/unit/dnssec/{canonical,dnskey,nsec,nsec3,rfc-vectors,rrsets,rrsig,type-bitmap,verify,zone-denials}.test.ts",
    ],
    pool: "threads",
    isolate: false,
    testTimeout: 20_000,
  },
});
