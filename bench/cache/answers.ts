/** A million names and what an upstream says of each: the mix of answers that a cache of a household or an office holds. */
import type { Response } from "../../src/ports/exchange.ts";
import type { Name, Question, ResourceRecord } from "../../src/ports/message.ts";
import { Class, Rcode, Type } from "../../src/wire/codes.ts";
import { nameFromText } from "../../src/wire/presentation.ts";

const TTL = 86_400;
const SIGNATURE = Buffer.alloc(64, 7);

export function questionOf(i: number): Question {
  const qtype = i % 4 === 1 ? Type.AAAA : Type.A;
  return { qname: name(`www.site-${i.toString(36)}.example.com`), qtype, qclass: Class.IN };
}

/** Of ten names: four with addresses, two signed, two behind a CNAME, one without the type, one that does not exist. */
export function responseTo(question: Question, i: number): Response {
  switch (i % 10) {
    case 0:
    case 1: {
      const signed = [...addresses(question, question.qname, 1), rrsig(question.qname, question.qtype)];
      return response({ answer: signed, verdict: "secure", maxLifetime: TTL });
    }
    case 2:
    case 3: {
      const target = name(`edge-${i % 64}.cdn.example.net`);
      const cname = record(question.qname, Type.CNAME, Buffer.from(target, "latin1"));
      return response({ answer: [cname, ...addresses(question, target, 2)] });
    }
    case 4:
      return response({ authority: [soa()] });
    case 5:
      return response({ rcode: Rcode.NXDOMAIN, authority: [soa()] });
    default:
      return response({ answer: addresses(question, question.qname, 1 + (i % 3)) });
  }
}

function addresses({ qtype }: Question, owner: Name, count: number): ResourceRecord[] {
  const octets = qtype === Type.A ? 4 : 16;
  return Array.from({ length: count }, (_, i) => record(owner, qtype, Buffer.alloc(octets, i + 1)));
}

function rrsig(owner: Name, covered: number): ResourceRecord {
  const fixed = Buffer.alloc(18);
  fixed.writeUInt16BE(covered, 0);
  return record(
    owner,
    Type.RRSIG,
    Buffer.concat([fixed, Buffer.from(name("example.com"), "latin1"), SIGNATURE]),
  );
}

function soa(): ResourceRecord {
  const numbers = Buffer.alloc(20);
  numbers.writeUInt32BE(TTL, 16);
  const names = Buffer.from(name("ns.example.com") + name("hostmaster.example.com"), "latin1");
  return record(name("example.com"), Type.SOA, Buffer.concat([names, numbers]));
}

function record(owner: Name, type: number, rdata: Uint8Array): ResourceRecord {
  return { owner, type, class: Class.IN, ttl: TTL, rdata };
}

function response(parts: Partial<Response>): Response {
  return {
    rcode: 0,
    answer: [],
    authority: [],
    verdict: "insecure",
    errors: [],
    upstream: "bench",
    ...parts,
  };
}

function name(text: string): Name {
  return nameFromText(text) as Name;
}
