/** A zone that somebody else signed, from its master file, and what a resolver asked about it would answer. */
import type { Response } from "../../src/ports/exchange.ts";
import type { Name, Question, ResourceRecord } from "../../src/ports/message.ts";
import { Rcode, Type } from "../../src/wire/codes.ts";
import { compareNames, isAtOrBelow, nameFromOctets, parentOf, wildcardOf } from "../../src/wire/names.ts";
import { isTextFault, nameFromText, recordFromText } from "../../src/wire/presentation.ts";
import { base32hex, nsec3Hash } from "../lab/denial.ts";

interface Denying {
  readonly owner: Name;
  /** Where it stands in the order of its kind. */
  readonly key: Name | string;
}

export class SignedZone {
  readonly apex: Name;
  readonly records: readonly ResourceRecord[];
  readonly #names = new Set<Name>();
  readonly #cuts = new Set<Name>();
  readonly #isNsec3: boolean;
  readonly #denials: readonly Denying[];

  /** One record a line, as `named-compilezone` writes it. */
  constructor(apex: string, text: string) {
    this.apex = nameFromText(apex)!;
    this.records = text.split("\n").flatMap((line) => (/^\s*(;.*)?$/.test(line) ? [] : [parsed(line)]));
    this.#isNsec3 = this.records.some(({ type }) => type === Type.NSEC3PARAM);
    const kind = this.#isNsec3 ? Type.NSEC3 : Type.NSEC;
    this.#denials = this.records
      .filter(({ type }) => type === kind)
      .map(({ owner }) => ({ owner, key: this.#isNsec3 ? owner.slice(1, 33) : owner }))
      .sort((a, b) => this.#order(a.key, b.key));
    for (const { owner, type } of this.records) {
      if (type === Type.NSEC3 || coveredOf(owner, type, this.records)) continue;
      for (let at = owner; isAtOrBelow(at, this.apex); at = parentOf(at)) {
        this.#names.add(at);
        if (at === this.apex) break;
      }
      if (type === Type.NS && owner !== this.apex) this.#cuts.add(owner);
    }
  }

  /** The RRset with its signatures: `set("www.example.", "A")`. */
  set(owner: Name, type: number): ResourceRecord[] {
    return this.records.filter((record) => record.owner === owner && coveredType(record) === type);
  }

  respond({ qname, qtype }: Question): Response {
    const answer: ResourceRecord[] = [];
    let name = qname;
    for (let links = 0; links < 5; links++) {
      const step = this.#look(name, qtype);
      answer.push(...step.answer);
      if (step.next === undefined || !isAtOrBelow(step.next, this.apex)) return made({ ...step, answer });
      name = step.next;
    }
    return made({ rcode: Rcode.SERVFAIL, answer: [], authority: [] });
  }

  #look(name: Name, qtype: number): Step {
    const dname = this.#dnameAbove(name);
    if (dname !== undefined) {
      const target = nameFromOctets(dname[0]!.rdata)!;
      const next = (name.slice(0, name.length - dname[0]!.owner.length) + target) as Name;
      const cname = { ...dname[0]!, owner: name, type: Type.CNAME, rdata: Buffer.from(next, "latin1") };
      return { rcode: Rcode.NOERROR, answer: [...dname, cname], authority: [], next };
    }
    if (this.#names.has(name)) return this.#fromNode(name, name, qtype, []);
    const encloser = this.#encloser(name);
    const wildcard = wildcardOf(encloser)!;
    if (this.#names.has(wildcard))
      return this.#fromNode(wildcard, name, qtype, this.#notThere(name, encloser));
    const proof = this.#unique([...this.#notThere(name, encloser), ...this.#covering(wildcard)]);
    return { rcode: Rcode.NXDOMAIN, answer: [], authority: [...this.#soa(), ...proof] };
  }

  #fromNode(node: Name, name: Name, qtype: number, proof: ResourceRecord[]): Step {
    const own = this.set(node, qtype);
    const cname = own.length > 0 ? [] : this.set(node, Type.CNAME);
    const answer = [...own, ...cname].map((record) => ({ ...record, owner: name }));
    if (answer.length > 0) {
      const isAlias = cname.length > 0 && qtype !== Type.CNAME;
      const next = isAlias ? nameFromOctets(cname[0]!.rdata) : undefined;
      // RFC 5155 §7.2.6: of an expansion only the next closer name is denied.
      const needed = this.#isNsec3 && node !== name ? this.#nextCloserOf(name, parentOf(node)) : proof;
      return { rcode: Rcode.NOERROR, answer, authority: needed, next };
    }
    const denial = this.#unique([...proof, ...this.#matchOrCover(node)]);
    return { rcode: Rcode.NOERROR, answer: [], authority: [...this.#soa(), ...denial] };
  }

  /** That `name` is not there, below `encloser`, which is. */
  #notThere(name: Name, encloser: Name): ResourceRecord[] {
    if (!this.#isNsec3) return this.#covering(name);
    return [...this.#matching(encloser), ...this.#nextCloserOf(name, encloser)];
  }

  #nextCloserOf(name: Name, encloser: Name): ResourceRecord[] {
    let nextCloser = name;
    while (parentOf(nextCloser) !== encloser) nextCloser = parentOf(nextCloser);
    return this.#covering(nextCloser);
  }

  /** At an opted-out delegation there is no match, but the span of its closest encloser's proof. */
  #matchOrCover(name: Name): ResourceRecord[] {
    const match = this.#matching(name);
    if (match.length > 0) return match;
    if (!this.#isNsec3) return this.#covering(name);
    return [...this.#matching(parentOf(name)), ...this.#covering(name)];
  }

  #matching(name: Name): ResourceRecord[] {
    const key = this.#keyOf(name);
    const found = this.#denials.find((denial) => denial.key === key);
    return found === undefined ? [] : this.set(found.owner, this.#isNsec3 ? Type.NSEC3 : Type.NSEC);
  }

  #covering(name: Name): ResourceRecord[] {
    const key = this.#keyOf(name);
    const before =
      this.#denials.filter((denial) => this.#order(denial.key, key) <= 0).at(-1) ?? this.#denials.at(-1);
    return before === undefined ? [] : this.set(before.owner, this.#isNsec3 ? Type.NSEC3 : Type.NSEC);
  }

  #keyOf(name: Name): Name | string {
    if (!this.#isNsec3) return name;
    const { rdata } = this.records.find(({ type }) => type === Type.NSEC3PARAM)!;
    const octets = Buffer.from(rdata);
    return base32hex(nsec3Hash(name, octets.readUInt16BE(2), octets.subarray(5)));
  }

  #order(a: Name | string, b: Name | string): number {
    if (!this.#isNsec3) return compareNames(a as Name, b as Name);
    return a < b ? -1 : a > b ? 1 : 0;
  }

  #encloser(name: Name): Name {
    let at = name;
    while (!this.#names.has(at)) at = parentOf(at);
    return at;
  }

  #dnameAbove(name: Name): ResourceRecord[] | undefined {
    for (let at = name; at !== this.apex; ) {
      at = parentOf(at);
      const set = this.set(at, Type.DNAME);
      if (set.length > 0) return set;
    }
    return undefined;
  }

  #soa(): ResourceRecord[] {
    return this.set(this.apex, Type.SOA);
  }

  #unique(records: readonly ResourceRecord[]): ResourceRecord[] {
    return [...new Set(records)];
  }
}

interface Step {
  readonly rcode: number;
  readonly answer: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  readonly next?: Name | undefined;
}

function made({ rcode, answer, authority }: Step): Response {
  return { rcode, answer, authority, verdict: "indeterminate", errors: [], upstream: "zone" };
}

function parsed(line: string): ResourceRecord {
  const record = recordFromText(line);
  if (isTextFault(record)) throw new Error(`${record.fault}: ${line}`);
  return record;
}

export function coveredType({ type, rdata }: ResourceRecord): number {
  return type === Type.RRSIG ? ((rdata[0] ?? 0) << 8) | (rdata[1] ?? 0) : type;
}

/** Whether a record is but the signature of an NSEC3 record: it makes no name exist. */
function coveredOf(owner: Name, type: number, records: readonly ResourceRecord[]): boolean {
  return (
    type === Type.RRSIG &&
    records.every((record) => record.owner !== owner || coveredType(record) === Type.NSEC3)
  );
}
