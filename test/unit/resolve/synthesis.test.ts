import { describe, expect, it } from "vitest";
import type { Response } from "../../../src/ports/exchange.ts";
import type { ResourceRecord } from "../../../src/ports/message.ts";
import { Synthesis } from "../../../src/resolve/synthesis.ts";
import { InfoCode, Rcode, Type } from "../../../src/wire/codes.ts";
import { nameFromOctets } from "../../../src/wire/names.ts";
import { LabAuthority } from "../../lab/authority.ts";
import type { DenialOptions } from "../../lab/denial.ts";
import { buildTree, type TreeSpec } from "../../lab/tree.ts";
import { labZones, periodAround } from "../../lab/zones.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { takenForProven } from "../../support/proven.ts";
import { name, question, response } from "../../support/records.ts";
import { SeededRandom } from "../../support/seeded-random.ts";
import { queryOctets, read } from "../../support/served.ts";

const NOW = Date.parse("2026-11-20T12:00:00Z");
const authority = new LabAuthority(buildTree(labZones(periodAround(NOW))));

/** What the lab's authority says, taken for proven. */
function upstream(qname: string, qtype: number = Type.A, asked = authority): Response {
  const message = read(asked.respond(queryOctets({ qname, qtype, dnssecOk: true })));
  const { rcode, answer, authority } = message;
  return takenForProven(response({ rcode, answer, authority }));
}

function synthesis(options: Partial<ConstructorParameters<typeof Synthesis>[0]> = {}) {
  const clock = new ManualClock();
  const made = new Synthesis({ maxOctets: 1 << 20, maxTtl: 900, isExempt: () => false, ...options }, clock);
  return { clock, made };
}

describe("names denied without asking (RFC 8198 §5) [D57]", () => {
  it.each(["example.com", "example.org", "salted.example"])(
    "are those that the zone %s denies itself, and no others",
    (zone) => {
      const { made } = synthesis();
      const random = new SeededRandom(7);
      const labels = [
        "www",
        "mail",
        "zz",
        "a",
        "b.ent",
        "ent",
        "x.www",
        "y.wild",
        "closer.wild",
        "q.closer.wild",
      ];
      let asked = 0;
      for (let i = 0; i < 600; i++) {
        const first = labels[random.below(labels.length * 3)] ?? `n${random.u16().toString(36)}`;
        const qname = `${first}.${zone}`;
        const qtype = [Type.A, Type.AAAA, Type.TXT, Type.MX][random.below(4)] ?? Type.A;
        const truth = upstream(qname, qtype);
        const here = made.answer(question(qname, qtype));
        if (here === undefined) {
          asked++;
          made.learn(truth);
        } else {
          expect([qname, qtype, here.rcode]).toEqual([qname, qtype, truth.rcode]);
          const data = (given: Response) =>
            given.answer.map((rr) => [rr.owner, rr.type, Buffer.from(rr.rdata).toString("hex")]);
          expect(data(here).sort()).toEqual(data(truth).sort());
        }
      }

      expect(made.counters.answers).toBeGreaterThan(250);
      expect(asked + made.counters.answers).toBe(600);
    },
  );

  it("say that they are synthesized and carry their proof (RFC 8914, 29)", () => {
    const { made } = synthesis();
    made.learn(upstream("nothing1.example.com"));

    const here = made.answer(question("nothing2.example.com"));

    expect(here?.rcode).toBe(Rcode.NXDOMAIN);
    expect(here?.errors[0]?.infoCode).toBe(InfoCode.SYNTHESIZED);
    const types = new Set(here?.authority.map((rr) => rr.type));
    expect([...types].sort((a, b) => a - b)).toEqual([Type.SOA, Type.RRSIG, Type.NSEC]);
  });

  it("are denied with all that is below them (RFC 8020) [D58]", () => {
    const { made } = synthesis();
    made.learn(upstream("nothing.example.org"));

    expect(made.answer(question("a.b.c.nothing.example.org"))?.rcode).toBe(Rcode.NXDOMAIN);
  });

  it("live no longer than the proofs (RFC 8198 §5.4)", () => {
    const { clock, made } = synthesis();
    made.learn(upstream("nothing.example.com"));

    clock.advance(100_500);
    const ttls = new Set(made.answer(question("nothing.example.com"))?.authority.map((rr) => rr.ttl));
    clock.advance(200_000);

    expect([...ttls]).toEqual([199]);
    expect(made.answer(question("nothing.example.com"))).toBeUndefined();
  });

  it("live no longer than the SOA MINIMUM, whatever the NSEC's own TTL says (RFC 9077 §3.4)", () => {
    const { clock, made } = synthesis();
    const truth = upstream("nothing.example.com");
    const authority = truth.authority.map((rr) => (rr.type === Type.SOA ? withMinimum(rr, 120) : rr));
    made.learn(takenForProven({ ...truth, authority }));

    clock.advance(60_000);
    const ttls = made.answer(question("nothing.example.com"))?.authority.map((rr) => rr.ttl) ?? [];
    clock.advance(60_001);

    expect(Math.max(...ttls)).toBe(60);
    expect(made.answer(question("nothing.example.com"))).toBeUndefined();
  });

  it("live no longer than the cap, whatever their TTLs say (RFC 8767 §4)", () => {
    const { clock, made } = synthesis();
    const truth = upstream("nothing.example.com");
    made.learn(
      takenForProven({ ...truth, authority: truth.authority.map((rr) => ({ ...rr, ttl: 0x8000_0001 })) }),
    );

    const ttls = made.answer(question("nothing.example.com"))?.authority.map((rr) => rr.ttl) ?? [];
    clock.advance(900_001);

    expect(Math.max(...ttls)).toBeLessThanOrEqual(900);
    expect(made.answer(question("nothing.example.com"))).toBeUndefined();
  });

  it("live no longer than the signatures of their proofs (RFC 4035 §5.3.3)", () => {
    const { clock, made } = synthesis();
    made.learn({ ...upstream("nothing.example.com"), maxLifetime: 10 });

    clock.advance(10_001);

    expect(made.answer(question("nothing.example.com"))).toBeUndefined();
  });

  it("are not concluded from an opt-out span (RFC 8198 §5.2)", () => {
    const { made } = synthesis();
    made.learn(upstream("nothing.com"));

    expect(made.answer(question("nothing.com"))).toBeUndefined();
  });

  it("are not concluded for what lies below a zone cut (RFC 6840 §4.1)", () => {
    const { made } = synthesis();
    made.learn(upstream("unsigned.example.com", Type.DS));
    made.learn(upstream("nothing.example.com"));

    expect(made.answer(question("www.unsigned.example.com"))).toBeUndefined();
    expect(made.answer(question("unsigned.example.com"))).toBeUndefined();
  });

  it("are not concluded from an NSEC that leads out of its zone (RFC 4034 §4.1.1)", () => {
    const { made } = synthesis();
    const truth = upstream("nothing.example.com");
    const authority = truth.authority.map((record) => {
      if (record.type !== Type.NSEC) return record;
      const types = record.rdata.subarray(nameFromOctets(record.rdata)!.length);
      return { ...record, rdata: Buffer.concat([Buffer.from(name("zzzz.example.net"), "latin1"), types]) };
    });
    made.learn(takenForProven({ ...truth, authority }));

    expect(made.answer(question("nothing.example.com"))).toBeUndefined();
  });

  it("never deny a DS", () => {
    const { made } = synthesis();
    made.learn(upstream("nothing.example.com"));

    expect(made.answer(question("nothing.example.com", Type.DS))).toBeUndefined();
  });

  it("are not learnt from what is not secure [D58]", () => {
    const { made } = synthesis();

    made.learn({ ...upstream("nothing.example.com"), verdict: "insecure" });

    expect(made.octets).toBe(0);
  });

  it("give way to other rules for a name", () => {
    const { made } = synthesis({ isExempt: (qname) => qname === name("nothing.example.com") });
    made.learn(upstream("nothing.example.com"));

    expect(made.answer(question("nothing.example.com"))).toBeUndefined();
  });
});

describe("a question whose response may answer others", () => {
  it("is one that nothing is known of, of a zone of which a new range came within a second", () => {
    const { clock, made } = synthesis();
    made.learn(upstream("nothing.example.com"));
    const teaches = () => {
      expect(made.answer(question("aaa.example.com"))).toBeUndefined();
      return made.teaches;
    };

    clock.advance(999);
    expect(teaches()).toBe(true);
    clock.advance(1);
    expect(teaches()).toBe(false);
    made.learn(upstream("nothing.example.com")); // Nothing new.
    expect(teaches()).toBe(false);
    made.learn(upstream("zzz.example.com"));
    expect(teaches()).toBe(true);
  });

  it("is none of a zone with opt-out, of which no range is kept (RFC 8198 §5.3)", () => {
    const { made } = synthesis();
    made.learn(upstream("nothing.com"));

    expect(made.answer(question("other.com"))).toBeUndefined();
    expect(made.teaches).toBe(false);
  });

  it("is none that is answered, of a zone that has denied nothing, of a type never answered so, or exempt", () => {
    const { made } = synthesis({ isExempt: (qname) => qname === name("bbb.example.com") });
    made.learn(upstream("nothing.example.com"));
    const cases = [
      question("nothing.example.com"),
      question("nothing.example.org"),
      question("aaa.example.com", Type.DS),
      question("bbb.example.com"),
    ];

    for (const asked of cases) {
      made.answer(question("aaa.example.com"));
      made.answer(asked);
      expect(made.teaches).toBe(false);
    }
  });
});

describe("what is proven", () => {
  it("is proven anew when its time is over, for as long as the zone is asked about", () => {
    const { clock, made } = synthesis({ maxOctets: 40_000 });
    for (let round = 0; round < 50; round++) {
      for (const label of ["b", "n", "x", "zzz"]) {
        if (made.answer(question(`${label}.example.com`)) === undefined)
          made.learn(upstream(`${label}.example.com`));
      }
      expect(made.answer(question("n.example.com"))?.rcode).toBe(Rcode.NXDOMAIN);
      clock.advance(3_600_000);
    }

    expect(made.octets).toBeLessThanOrEqual(40_000);
  });

  it.each(["example.com", "example.org"])("counts from the last time that it came, in %s", (zone) => {
    const { clock, made } = synthesis();
    const truth = upstream(`nothing.${zone}`);
    const octets: number[] = [];
    for (let times = 0; times < 4; times++) {
      made.learn(truth);
      octets.push(made.octets);
      clock.advance(250_000);
    }

    const ttls = made.answer(question(`nothing.${zone}`))?.authority.map((rr) => rr.ttl) ?? [];
    expect(new Set(ttls)).toEqual(new Set([50]));
    expect(new Set(octets).size).toBe(1);
  });

  it("is taken up again after the zone had denied in another way for a while", () => {
    const { made } = synthesis();
    const truth = upstream("nothing.example.org");
    const other = upstream("nothing.example.org", Type.A, denyingBy({ kind: "nsec" }));
    for (const denial of [truth, truth, truth, other, other, other, truth]) {
      made.learn(denial);

      const types = made.answer(question("nothing.example.org"))?.authority.map((rr) => rr.type);
      expect(types).toEqual(expect.arrayContaining([denial === truth ? Type.NSEC3 : Type.NSEC]));
    }
  });

  it("is forgotten where the zone denies by another salt: hashes of before mean nothing (RFC 5155 §8.2)", () => {
    const { made } = synthesis();
    made.learn(upstream("nothing.example.org"));
    const salted = denyingBy({ kind: "nsec3", salt: "c0ffee" });
    const denial = upstream("nothing.example.org", Type.A, salted);
    expect(denial.authority.some((rr) => rr.type === Type.NSEC3)).toBe(true);

    made.learn(denial);

    const here = made.answer(question("nothing.example.org"));
    expect(saltsOf(here)).toEqual(saltsOf(denial));
  });

  it("stays while it is of use, though others come and go", () => {
    const { made } = synthesis({ maxOctets: 12_000 });
    made.learn(upstream("no.example.com"));

    for (const zone of ["example.org", "example.net", "example", "salted.example", "ed25519.example"]) {
      made.learn(upstream(`no.${zone}`));
      expect(made.answer(question("no.example.com"))?.rcode).toBe(Rcode.NXDOMAIN);
    }
  });

  it("is not worth more hashing than a name may cost: deep names are asked for", () => {
    const { made } = synthesis();
    made.learn(upstream("nothing.iterations50.example"));
    const deep = `${"a.".repeat(60)}nothing.iterations50.example`;

    expect(made.answer(question("nothing.iterations50.example"))?.rcode).toBe(Rcode.NXDOMAIN);
    expect(made.answer(question(deep))).toBeUndefined();
  });

  it("keeps no message alive that it came in", () => {
    const { made } = synthesis();
    made.learn(upstream("nothing.example.com"));

    const here = made.answer(question("nothing.example.com"));

    const kept = here?.authority.map(({ rdata }) => rdata.buffer.byteLength) ?? [];
    expect(kept.length).toBeGreaterThan(0);
    expect(Math.max(...kept)).toBeLessThan(400);
  });

  it("takes its share of memory and no more", () => {
    const { made } = synthesis({ maxOctets: 8_000 });

    for (const zone of ["example.com", "example.org", "example.net", "example"])
      made.learn(upstream(`no.${zone}`));

    expect(made.octets).toBeLessThanOrEqual(8_000);
    expect(made.answer(question("no.example.com"))).toBeUndefined();
  });
});

function withMinimum(soa: ResourceRecord, minimum: number): ResourceRecord {
  const rdata = Buffer.from(soa.rdata);
  rdata.writeUInt32BE(minimum, rdata.length - 4);
  return { ...soa, rdata };
}

/** The lab with example.org denying in another way. */
function denyingBy(denial: DenialOptions): LabAuthority {
  const zones = labZones(periodAround(NOW)).map((zone): TreeSpec => {
    const { apex, security } = zone;
    return apex !== "example.org." || security === undefined
      ? zone
      : { ...zone, security: { ...security, denial } };
  });
  return new LabAuthority(buildTree(zones));
}

function saltsOf(response: Response | undefined): Set<string> {
  const nsec3s = response?.authority.filter(({ type }) => type === Type.NSEC3) ?? [];
  return new Set(nsec3s.map(({ rdata }) => Buffer.from(rdata.subarray(5, 5 + rdata[4]!)).toString("hex")));
}
