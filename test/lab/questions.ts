/**
 * Questions over a tree, by the hundred a zone: what is there and what is not, in every way in which a name
 * can be there or not. For comparing resolvers with one another.
 */
import type { Question } from "../../src/ports/message.ts";
import { Type } from "../../src/wire/codes.ts";
import type { Tree } from "./tree.ts";
import type { Zone } from "./zone.ts";
import { named, nameText } from "./zone-text.ts";

const TYPES = ["A", "AAAA", "MX", "TXT", "CNAME", "DS", "NS", "SOA", "DNSKEY", "HTTPS"] as const;

/** Beside the zone's own names: absent ones before, between and after them, wildcards', empty ones, children's. */
const OTHERS = [
  "nope",
  "0",
  "zzz",
  "x.www",
  "any.wild",
  "a.b.wild",
  "x.closer.wild",
  "ent",
  "b.ent",
  "x.b.ent",
  "*.ent",
  "www.dn",
];

/** In the order of the tree; the same for the same tree. */
export function questionsOver(tree: Tree): Question[] {
  const questions = new Map<string, Question>();
  for (const zone of tree.zones.values()) {
    for (const qname of namesOf(zone)) {
      for (const type of TYPES) {
        const qtype = Type[type];
        questions.set(`${qname} ${qtype}`, { qname: named(qname), qtype, qclass: 1 });
      }
    }
  }
  return [...questions.values()];
}

function namesOf(zone: Zone): string[] {
  const apex = nameText(zone.apex);
  const below = (label: string): string => (apex === "." ? `${label}.` : `${label}.${apex}`);
  return [apex, ...zone.owners().map(nameText), ...OTHERS.map(below)];
}
