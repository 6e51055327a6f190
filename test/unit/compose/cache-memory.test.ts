import { describe, expect, it } from "vitest";
import { createCacheMemory, growCacheMemory, mayKeepCache } from "../../../src/compose/cache-memory.ts";
import type { Config } from "../../../src/config/config.ts";
import { Rcode } from "../../../src/wire/codes.ts";
import { LabAuthority } from "../../lab/authority.ts";
import { buildTree } from "../../lab/tree.ts";
import { labZones, periodAround } from "../../lab/zones.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { takenForProven } from "../../support/proven.ts";
import { a, keyOf, question, response } from "../../support/records.ts";
import { queryOctets, read } from "../../support/served.ts";
import { SeededRandom } from "../../support/seeded-random.ts";
import { Entry } from "../../../src/cache/entry.ts";
import { loadText } from "../config/load-text.ts";

const authority = new LabAuthority(buildTree(labZones(periodAround(Date.parse("2026-11-20T12:00:00Z")))));

function configOf(toml: string): Config {
  const loaded = loadText(toml);
  if ("faults" in loaded) throw new Error("the configuration is at fault");
  return loaded.config;
}

/** A cache that has been shown that nothing.example.com does not exist. */
function taught(toml = "") {
  const clock = new ManualClock();
  const memory = createCacheMemory(configOf(toml), clock, new SeededRandom());
  const message = read(authority.respond(queryOctets({ qname: "nothing.example.com", dnssecOk: true })));
  memory.synthesis?.learn(takenForProven(response(message)));
  return { ...memory, clock };
}

describe("what a signed zone has proven", () => {
  it("is concluded from, unless that is switched off", () => {
    expect(taught().synthesis?.answer(question("nothing.example.com"))?.rcode).toBe(Rcode.NXDOMAIN);
    expect(taught("[dnssec]\naggressive_nsec = false").synthesis).toBeUndefined();
  });

  it("says nothing below a negative trust anchor (RFC 7646 §2)", () => {
    const { synthesis } = taught('[dnssec]\nnegative_trust_anchors = ["example.com"]');

    expect(synthesis?.answer(question("nothing.example.com"))).toBeUndefined();
  });

  it("counts within `cache.size`, beside the entries", () => {
    const { store, synthesis, clock } = taught('[cache]\nsize = "1MiB"');
    for (let i = 0; i < 10_000; i++) {
      const qname = `n${i}.example`;
      const terms = { now: clock.now(), lifetime: 300, maxTtl: 300, minTtl: 0, generation: 0 };
      store.keep(keyOf(qname), new Entry(question(qname), response({ answer: [a(qname)] }), terms));
    }

    expect(synthesis?.octets).toBeGreaterThan(1_000);
    expect(store.octets + (synthesis?.octets ?? 0)).toBeLessThanOrEqual(1_048_576);
    expect(store.octets).toBeGreaterThan(1_000_000);
  });
});

describe("a reload", () => {
  it.each([
    ["", "[upstream]\nconnections = 1", true],
    ["", '[dnssec]\nmode = "off"', false],
    ["", `[dnssec]\nnegative_trust_anchors = ["example.com"]`, false],
    ["", '[cache]\nmax_negative_ttl = "1m"', false],
    ['[cache]\nsize = "1MiB"', '[cache]\nsize = "2MiB"', true],
    ['[cache]\nsize = "2MiB"', '[cache]\nsize = "1MiB"', false],
  ])("from %j to %j keeps the cache: %s", (before, after, isKept) => {
    expect(mayKeepCache(configOf(before), configOf(after))).toBe(isKept);
  });

  it("to a larger cache keeps what is there, and has room for more", () => {
    const { store, synthesis, clock } = taught('[cache]\nsize = "1MiB"');
    const keep = (from: number, to: number): void => {
      for (let i = from; i < to; i++) {
        const qname = `n${i}.example`;
        const terms = { now: clock.now(), lifetime: 300, maxTtl: 300, minTtl: 0, generation: 0 };
        store.keep(keyOf(qname), new Entry(question(qname), response({ answer: [a(qname)] }), terms));
      }
    };
    keep(0, 10_000);
    const before = store.entryCount;
    growCacheMemory({ store, synthesis }, configOf('[cache]\nsize = "2MiB"'));
    keep(10_000, 11_000);

    expect(store.entryCount).toBe(before + 1_000);
    expect(synthesis?.answer(question("nothing.example.com"))?.rcode).toBe(Rcode.NXDOMAIN);
  });
});
