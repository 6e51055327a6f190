/** That what is remembered of denials, and rendered once, changes nothing of what clients are given. */
import { beforeEach, describe, expect, it } from "vitest";
import { answeredHere, Entry, type Servable } from "../../../src/cache/entry.ts";
import type { Response } from "../../../src/ports/exchange.ts";
import type { Question, ResourceRecord } from "../../../src/ports/message.ts";
import { type Asker, writeEntry } from "../../../src/resolve/respond.ts";
import { Synthesis } from "../../../src/resolve/synthesis.ts";
import { Flag, Rcode, Type } from "../../../src/wire/codes.ts";
import { questionKey } from "../../../src/wire/names.ts";
import { LabAuthority } from "../../lab/authority.ts";
import { buildTree } from "../../lab/tree.ts";
import { nameText } from "../../lab/zone-text.ts";
import { periodAround } from "../../lab/zones.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { takenForProven } from "../../support/proven.ts";
import { question, response } from "../../support/records.ts";
import { SeededRandom } from "../../support/seeded-random.ts";
import { type ClientQuery, queryOctets, read, Served } from "../../support/served.ts";

const NOW = Date.parse("2026-11-20T12:00:00Z");
const TYPES = [Type.A, Type.AAAA, Type.TXT, Type.MX, Type.SOA];
const ASKERS: readonly Asker[] = [
  { id: 7, flags: Flag.RD, hasEdns: false, dnssecOk: false, udpSize: 512 },
  { id: 7, flags: Flag.RD | Flag.AD, hasEdns: true, dnssecOk: false, udpSize: 1232 },
  { id: 7, flags: Flag.RD | Flag.CD, hasEdns: true, dnssecOk: true, udpSize: 1232 },
];
/** What an authority says, taken for proven. */
function upstream({ qname, qtype }: Question, authority: LabAuthority): Response {
  const message = read(authority.respond(queryOctets({ qname: nameText(qname), qtype, dnssecOk: true })));
  return takenForProven(
    response({ rcode: message.rcode, answer: message.answer, authority: message.authority }),
  );
}

function synthesis(): { clock: ManualClock; made: Synthesis } {
  const clock = new ManualClock();
  return { clock, made: new Synthesis({ maxOctets: 1 << 20, maxTtl: 900, isExempt: () => false }, clock) };
}

/** What was learnt, and when. */
type Lesson = readonly [milliseconds: number, response: Response];

/** What one that has concluded nothing yet makes of it, rendered for this client alone. */
function afresh(lessons: readonly Lesson[], asked: Question, after: number): Response | undefined {
  const { clock, made } = synthesis();
  let at = 0;
  for (const [when, lesson] of lessons) {
    clock.advance(when - at);
    at = when;
    made.learn(lesson);
  }
  clock.advance(after - at);
  return made.answer(asked);
}

function octetsFor(asker: Asker, servable: Servable, now: number): Buffer {
  const out = Buffer.alloc(1_232, 0xee);
  const octets = writeEntry(servable, asker, { now, limit: 1_232, staleError: undefined }, out, 0);
  return out.subarray(0, octets);
}

/** Few labels, so that names asked for are often there, above or below what is there, or a wildcard's. */
const LETTERS = ["a", "b", "c", "m", "z", "!", "*", "q"];

function namesOf(random: SeededRandom, most: number): string {
  return Array.from({ length: random.below(most + 1) }, () => LETTERS[random.below(LETTERS.length)]!).join(
    ".",
  );
}

/** An authority for a zone `example.` with some data, delegations and DNAMEs, anywhere. */
function randomAuthority(random: SeededRandom, kind: "nsec" | "nsec3"): LabAuthority {
  const records = new Set<string>();
  for (let i = 0; i < 10; i++) {
    const owner = namesOf(random, 3);
    if (owner === "" || owner.includes("*", 1)) continue; // A wildcard below a label is a name like others.
    const mayBeCut = !owner.includes("*");
    const data = [`NS ns.lab.`, `DNAME x.example.`][mayBeCut ? random.below(8) : 8];
    records.add(`${owner} ${data ?? "A 192.0.2.1"}`);
  }
  return authorityOf(kind, [...records]);
}

describe("denials remembered and rendered once (RFC 4035 §5.4, RFC 5155 §8.4, RFC 8198 §5)", () => {
  it.each(["nsec", "nsec3"] as const)(
    "are, name by name, what is concluded and rendered afresh: zones with %s",
    (kind) => {
      const compared = { all: 0, equal: 0, denied: 0 };
      for (let seed = 1; seed <= 25; seed++) compareAll(new SeededRandom(seed), kind, compared);

      expect(compared.denied).toBeGreaterThan(1_200);
      // Others have labels in common with names in records, besides the zone's: those are not pointed to.
      expect(compared.equal).toBeGreaterThan(compared.all * 0.85);
    },
  );
});

function compareAll(
  random: SeededRandom,
  kind: "nsec" | "nsec3",
  compared: { all: number; equal: number; denied: number },
): void {
  const authority = randomAuthority(random, kind);
  const { clock, made } = synthesis();
  const lessons: Lesson[] = [];
  let elapsed = 0;
  for (let i = 0; i < 120; i++) {
    const asked = question(`${namesOf(random, 4)}.example`, TYPES[random.below(TYPES.length)]);
    const asker = ASKERS[random.below(ASKERS.length)]!;
    const now = clock.now();
    const expected = afresh(lessons, asked, elapsed);
    const servable = made.find(asked, questionKey(asked), asker.dnssecOk, now);
    if (expected === undefined || servable === undefined) {
      expect([nameText(asked.qname), servable?.rcode]).toEqual([nameText(asked.qname), expected?.rcode]);
      const lesson = upstream(asked, authority);
      made.learn(lesson);
      lessons.push([elapsed, lesson]);
    } else {
      const here = octetsFor(asker, servable, now);
      const there = octetsFor(asker, new Entry(asked, expected, answeredHere(now, asker.dnssecOk)), now);
      if (here.equals(there)) compared.equal++;
      else expect(read(here)).toEqual(read(there));
      if (expected.rcode === Rcode.NXDOMAIN) compared.denied++;
      compared.all++;
    }
    // From time to time all that is known comes to its end.
    const step = random.below(random.below(20) === 0 ? 40_000 : 1_000);
    clock.advance(step);
    elapsed += step;
  }
}

const DENIALS = ["nsec", "nsec3"] as const;

/** An authority for `example.` with these records. */
function authorityOf(kind: "nsec" | "nsec3", records: readonly string[]): LabAuthority {
  const period = periodAround(NOW);
  const root = { apex: ".", records: [], security: { period } };
  return new LabAuthority(
    buildTree([root, { apex: "example.", records, security: { period, denial: { kind } } }]),
  );
}

/** One that knows the whole of `example.`, and has denied `names` so often that it remembers. */
function versed(authority: LabAuthority, names: readonly string[]): ReturnType<typeof synthesis> {
  const known = synthesis();
  const asked = ["0", "b", "f", "m", "r", "v", "z", "*", "example", ...names].map((label) =>
    question(`${label}.example`),
  );
  for (const each of asked) known.made.learn(upstream(each, authority));
  for (const each of [...names, ...names, ...names]) expect(rcodeOf(known, each)).toBe(Rcode.NXDOMAIN);
  return known;
}

function rcodeOf(
  { clock, made }: ReturnType<typeof synthesis>,
  label: string,
  qtype: number = Type.A,
): number | undefined {
  const asked = question(`${label}.example`, qtype);
  return made.find(asked, questionKey(asked), true, clock.now())?.rcode;
}

function withSerial(record: ResourceRecord, serial: number): ResourceRecord {
  if (record.type !== Type.SOA) return record;
  const rdata = Buffer.from(record.rdata);
  rdata.writeUInt32BE(serial, rdata.length - 20);
  return { ...record, rdata };
}

describe.each(DENIALS)("what is remembered of a denial by %s", (kind) => {
  it("does not deny an empty non-terminal that encloses the end of the range (RFC 4592 §2.2.2)", () => {
    const records = ["a A 192.0.2.1", "m.ent A 192.0.2.1", "x A 192.0.2.1"];
    const known = versed(authorityOf(kind, records), ["e", "b.ent", "f.b.ent"]);

    expect(rcodeOf(known, "ent")).toBe(Rcode.NOERROR);
  });

  it("does not deny what has a closer encloser, where a wildcard may be", () => {
    const records = ["a A 192.0.2.1", "m.sub A 192.0.2.1", "*.sub A 192.0.2.1", "x A 192.0.2.1"];
    const known = versed(authorityOf(kind, records), ["b", "f.b", "sua"]);

    expect(rcodeOf(known, "b.sub")).not.toBe(Rcode.NXDOMAIN);
    expect(rcodeOf(known, "sub")).not.toBe(Rcode.NXDOMAIN);
  });

  it("denies no name that is there", () => {
    const known = versed(authorityOf(kind, ["a A 192.0.2.1", "x A 192.0.2.1"]), ["b", "m", "z"]);

    for (const label of ["a", "x"]) expect(rcodeOf(known, label)).not.toBe(Rcode.NXDOMAIN);
    for (const label of ["a", "x"]) expect(rcodeOf(known, label, Type.TXT)).toBe(Rcode.NOERROR);
  });

  it("does not outlive a later record that shows a wildcard", () => {
    const before = ["a A 192.0.2.1", "g A 192.0.2.1", "x A 192.0.2.1"];
    const known = versed(authorityOf(kind, before), ["m"]);
    const after = authorityOf(kind, [...before, "* A 192.0.2.1"]);
    // A denial of a type at the wildcard itself brings the record that matches it.
    known.made.learn(upstream(question("*.example", Type.TXT), after));

    expect(rcodeOf(known, "m")).not.toBe(Rcode.NXDOMAIN);
  });

  it("does not outlive a later record that shows a DNAME at the closest encloser (RFC 6840 §4.1)", () => {
    const before = ["a A 192.0.2.1", "sub A 192.0.2.1", "x A 192.0.2.1"];
    const known = versed(authorityOf(kind, before), ["m.sub"]);
    const after = authorityOf(kind, [...before, "sub DNAME x.example."]);
    known.made.learn(upstream(question("sub.example", Type.TXT), after));

    expect(rcodeOf(known, "m.sub")).not.toBe(Rcode.NXDOMAIN);
  });

  it("is given with the SOA record that is the latest", () => {
    const authority = authorityOf(kind, ["a A 192.0.2.1", "x A 192.0.2.1"]);
    const known = versed(authority, ["m"]);
    const denial = upstream(question("n.example"), authority);
    const asked = question("m.example");
    const now = known.clock.now();
    const serials = () =>
      ASKERS.map((asker) => {
        const servable = known.made.find(asked, questionKey(asked), asker.dnssecOk, now);
        const soa = read(octetsFor(asker, servable!, now)).authority.find(({ type }) => type === Type.SOA);
        return Buffer.from(soa!.rdata).readUInt32BE(soa!.rdata.length - 20);
      });

    for (const serial of [2, 3]) {
      known.made.learn(
        takenForProven({ ...denial, authority: denial.authority.map((rr) => withSerial(rr, serial)) }),
      );
      expect(new Set(serials())).toEqual(new Set([serial]));
    }
  });

  it("does not outlive the proof about the wildcard", () => {
    const authority = authorityOf(kind, ["a A 192.0.2.1", "g A 192.0.2.1", "x A 192.0.2.1"]);
    const { clock, made } = synthesis();
    const denial = upstream(question("m.example"), authority);
    made.learn({ ...denial, maxLifetime: 10 });
    clock.advance(5_000);
    const asked = question("m.example");
    const find = () => made.find(asked, questionKey(asked), true, clock.now());
    for (let i = 0; i < 3; i++) expect(find()?.rcode).toBe(Rcode.NXDOMAIN);

    // Only what covers the name itself is proven anew.
    const zone = nameText(question("example").qname);
    const own = upstream(question("m.example"), authority).authority.filter(
      ({ owner, type }) => type === Type.SOA || type === Type.RRSIG || nameText(owner) !== zone,
    );
    made.learn(takenForProven({ ...denial, authority: own.slice(0, kind === "nsec" ? undefined : 4) }));
    clock.advance(5_001);

    expect(find()).toBeUndefined();
  });

  it("lives on when all of it is proven anew", () => {
    const authority = authorityOf(kind, ["a A 192.0.2.1", "x A 192.0.2.1"]);
    const known = versed(authority, ["m"]);
    known.clock.advance(200_000);
    const before = known.made.octets;
    known.made.learn(upstream(question("m.example"), authority));
    expect(known.made.octets).toBe(before);
    known.clock.advance(200_000);

    expect(rcodeOf(known, "m")).toBe(Rcode.NXDOMAIN);
  });

  it("leaves half of a zone's memory to ranges", () => {
    const authority = authorityOf(kind, ["a A 192.0.2.1", "x A 192.0.2.1"]);
    const asked = question("m.example");
    const grown = (maxOctets: number): number => {
      const made = new Synthesis({ maxOctets, maxTtl: 900, isExempt: () => false }, new ManualClock());
      made.learn(upstream(asked, authority));
      made.answer(asked);
      const before = made.octets;
      for (let i = 0; i < 3; i++) made.find(asked, questionKey(asked), true, 0);
      return made.octets - before;
    };

    expect(grown(100_000)).toBeGreaterThan(0);
    // A zone may take half of this, of which its ranges take more than half.
    expect(grown(16_000)).toBe(0);
  });

  it("counts as memory, and is given up with it", () => {
    const authority = authorityOf(
      kind,
      Array.from({ length: 40 }, (_, i) => `n${i} A 192.0.2.1`),
    );
    const clock = new ManualClock();
    const made = new Synthesis({ maxOctets: 50_000, maxTtl: 900, isExempt: () => false }, clock);
    const find = (label: string) => {
      const asked = question(`${label}.example`);
      return made.find(asked, questionKey(asked), true, clock.now());
    };
    let most = 0;
    let denied = 0;
    for (let i = 0; i < 400; i++) {
      // A few ranges first, then more than there is room for.
      const label = `n${i % (i < 200 ? 5 : 40)}x`;
      const before = made.octets;
      const found = find(label);
      if (found === undefined) made.learn(upstream(question(`${label}.example`), authority));
      else most = Math.max(most, made.octets - before);
      if (find(label)?.rcode === Rcode.NXDOMAIN) denied++;
      expect(made.octets).toBeLessThanOrEqual(50_000);
    }

    expect(denied).toBeGreaterThan(200);
    expect(most).toBeGreaterThan(300);
    made.clear();
    expect(made.octets).toBe(0);
  });
});

describe("what is remembered of a denial by the last range of a zone", () => {
  it("says nothing of names before the first that is known", () => {
    const records = ["$.sub A 192.0.2.1", "a.sub A 192.0.2.1", "x.sub A 192.0.2.1"];
    const authority = authorityOf("nsec", records);
    const known = synthesis();
    // From x.sub to the apex, and for the wildcard from $.sub to a.sub.
    known.made.learn(upstream(question("y.sub.example"), authority));
    for (const label of ["y.sub", "z.sub", "y.sub"]) expect(rcodeOf(known, label)).toBe(Rcode.NXDOMAIN);

    expect(rcodeOf(known, "!.sub")).toBeUndefined();
  });
});

describe("a client that is given what was rendered for another", () => {
  let server: Served;
  const answerTo = (query: ClientQuery): Buffer => server.handle(queryOctets(query)).now!;

  beforeEach(() => {
    const { made } = versed(authorityOf("nsec3", ["a A 192.0.2.1", "x A 192.0.2.1"]), ["m"]);
    server = new Served(() => response(), { synthesis: made });
  });

  it("waits for what may answer others, where a range of the zone is still to be proven", () => {
    answerTo({ qname: "m.example" });
    server.handle(queryOctets({ qname: "x.example" }));
    server.handle(queryOctets({ qname: "elsewhere.test" }));

    expect(server.teaches).toEqual([true, false]);
  });

  it("has its own question back, letter by letter, and AD where it set DO", () => {
    for (const qname of ["M.example", "nOthing.eXample", "m.example"]) {
      const plain = answerTo({ qname });
      const proven = answerTo({ qname, dnssecOk: true });

      for (const octets of [plain, proven]) {
        expect(octets.toString("latin1")).toContain(qname.split(".")[0]);
        expect(octets.toString("latin1")).toContain(qname.split(".")[1]);
      }
      expect([read(plain).flags & Flag.AD, read(proven).flags & Flag.AD]).toEqual([0, Flag.AD]);
      expect(read(plain).authority.map(({ type }) => type)).toEqual([Type.SOA]);
      expect(read(proven).authority).toHaveLength(8);
    }
    expect(server.asked).toEqual([]);
  });

  it("is told to come by TCP where it takes less (RFC 2181 §9)", () => {
    const message = read(answerTo({ qname: "m.example", dnssecOk: true, edns: 512 }));

    expect(message.flags & Flag.TC).toBe(Flag.TC);
    expect([message.rcode, message.authority]).toEqual([Rcode.NXDOMAIN, []]);
  });
});
