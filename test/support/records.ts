import type { Response } from "../../src/ports/exchange.ts";
import type { Name, Question, ResourceRecord } from "../../src/ports/message.ts";
import { Class, Rcode, Type } from "../../src/wire/codes.ts";
import { questionKey } from "../../src/wire/names.ts";

/** A name from plain text without escapes: `"www.example.com"`. */
export function name(text: string): Name {
  const labels = text.split(".").filter((label) => label !== "");
  const octets = labels.map((label) => String.fromCharCode(label.length) + label.toLowerCase());
  return `${octets.join("")}\0` as Name;
}

export function question(text: string, qtype: number = Type.A): Question {
  return { qname: name(text), qtype, qclass: Class.IN };
}

export function keyOf(text: string, qtype: number = Type.A): string {
  return questionKey(question(text, qtype));
}

export function a(owner: string, ttl = 300, address = "192.0.2.1"): ResourceRecord {
  return record(owner, Type.A, ttl, Buffer.from(address.split(".").map(Number)));
}

export function cname(owner: string, target: string, ttl = 300): ResourceRecord {
  return record(owner, Type.CNAME, ttl, Buffer.from(name(target), "latin1"));
}

/** An SOA record; `minimum` is its last field, the negative TTL. */
export function soa(owner: string, ttl = 3_600, minimum = 900): ResourceRecord {
  const numbers = Buffer.alloc(20);
  numbers.writeUInt32BE(minimum, 16);
  const names = Buffer.from(name(`ns.${owner}`) + name(`hostmaster.${owner}`), "latin1");
  return record(owner, Type.SOA, ttl, Buffer.concat([names, numbers]));
}

/** An RRSIG that covers `covered`; the signature is noise. */
export function rrsig(owner: string, covered: number, ttl = 300): ResourceRecord {
  const fixed = Buffer.alloc(18);
  fixed.writeUInt16BE(covered, 0);
  return record(
    owner,
    Type.RRSIG,
    ttl,
    Buffer.concat([fixed, Buffer.from(name(owner), "latin1"), Buffer.alloc(64, 7)]),
  );
}

export function record(owner: string, type: number, ttl: number, rdata: Uint8Array): ResourceRecord {
  return { owner: name(owner), type, class: Class.IN, ttl, rdata };
}

export function response(parts: Partial<Response> = {}): Response {
  return {
    rcode: Rcode.NOERROR,
    answer: [],
    authority: [],
    verdict: "insecure",
    errors: [],
    upstream: "lab",
    ...parts,
  };
}
