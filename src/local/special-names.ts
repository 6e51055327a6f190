/**
 * Names that the RFCs take out of the public DNS: what is answered here, and how. None of them reaches an
 * upstream, but for the DS of a zone that RFCs want to be an insecure delegation: that belongs to the parent,
 * and the proof that it is not there lets validating clients believe what we say below it.
 *
 * Each can be overridden: by a server with `domains`, a hosts file, configured records.
 *
 * Source: RFC 6761 §6, RFC 6303 §4, RFC 6762 §22.1 and appendix G, RFC 7686 §2, RFC 7793 §2, RFC 8375 §4,
 * RFC 8880 §7, RFC 9462 §6.4, RFC 9476 §2, RFC 9665.
 */
import type { Name, Question } from "../ports/message.ts";
import { Type } from "../wire/codes.ts";
import { octetsOfName, ROOT } from "../wire/names.ts";
import { nameFromText } from "../wire/presentation.ts";
import {
  EMPTY_ZONE_TTL,
  type LocalAnswer,
  nodata,
  nsOf,
  nxdomain,
  positive,
  recordOf,
  soaOf,
  type WithheldReason,
} from "./local-answer.ts";

export interface SpecialName {
  readonly name: Name;
  readonly reason: WithheldReason;
  /** What a question at or below `name` is answered; `undefined` where it is to be forwarded. */
  answer(question: Question): LocalAnswer | undefined;
}

/** Every special name, each once. */
export function specialNames(): readonly SpecialName[] {
  return [
    ...NONEXISTENT.flatMap(([reason, names]) => names.map((name) => nonexistent(named(name), reason))),
    ...EMPTY_ZONES.flatMap(([reason, names]) => names.map((name) => emptyZone(named(name), reason))),
    ...privateReverseZones().map((name) => emptyZone(named(name), "private-reverse")),
    loopback(named("localhost")),
    pointer(named("1.0.0.127.in-addr.arpa"), named("localhost"), "private-reverse"),
    pointer(named(`1.${"0.".repeat(31)}ip6.arpa`), named("localhost"), "private-reverse"),
    withoutData(named("resolver.arpa"), "resolver-arpa"),
    ipv4only(named("ipv4only.arpa")),
    pointer(named("170.0.0.192.in-addr.arpa"), named("ipv4only.arpa"), "ipv4only-arpa"),
    pointer(named("171.0.0.192.in-addr.arpa"), named("ipv4only.arpa"), "ipv4only-arpa"),
  ];
}

/** "NXDOMAIN for all such queries", the name itself included. */
const NONEXISTENT: readonly (readonly [WithheldReason, readonly string[]])[] = [
  ["reserved-tld", ["invalid", "test"]], // RFC 6761 §6.4, §6.2.
  ["onion", ["onion"]], // RFC 7686 §2: "They MUST generate NXDOMAIN for all such queries."
  ["alt", ["alt"]], // RFC 9476 §2: not to be looked up in a DNS context.
  // RFC 6762 §22.1: "immediate NXDOMAIN responses for all such queries".
  [
    "multicast-dns",
    ["local", "254.169.in-addr.arpa", "8.e.f.ip6.arpa", "9.e.f.ip6.arpa", "a.e.f.ip6.arpa", "b.e.f.ip6.arpa"],
  ],
  // RFC 6762 appendix G; then what routers and search lists append most, none of it delegated.
  [
    "private-tld",
    ["intranet", "internal", "private", "corp", "home", "lan", "localdomain", "domain", "workgroup", "mail"],
  ],
  ["canary", ["use-application-dns.net"]], // Firefox then leaves DNS to the system, that is, to us.
];

/** Empty zones as of RFC 6303 §3, under an insecure delegation. */
const EMPTY_ZONES: readonly (readonly [WithheldReason, readonly string[]])[] = [
  ["home-arpa", ["home.arpa"]], // RFC 8375 §4.
  ["service-arpa", ["service.arpa"]], // RFC 9665, in the same words.
];

/** RFC 6303 §4.1 to §4.6 but for the link-local zones, which are RFC 6762's; RFC 7793 §2.1 (100.64.0.0/10). */
function privateReverseZones(): string[] {
  const inAddr = [
    "10",
    ...range(16, 31).map((octet) => `${octet}.172`),
    "168.192",
    "0",
    "127",
    "2.0.192",
    "100.51.198",
    "113.0.203",
    "255.255.255.255",
    ...range(64, 127).map((octet) => `${octet}.100`),
  ];
  const ip6 = ["0.".repeat(31) + "0", "d.f", "8.b.d.0.1.0.0.2"];
  return [...inAddr.map((zone) => `${zone}.in-addr.arpa`), ...ip6.map((zone) => `${zone}.ip6.arpa`)];
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

function nonexistent(name: Name, reason: WithheldReason): SpecialName {
  // The SOA is the root's: of a name that does not exist, only an ancestor can be the zone (RFC 2308 §3).
  const denial = nxdomain(reason, ROOT, EMPTY_ZONE_TTL);
  return { name, reason, answer: () => denial };
}

function emptyZone(zone: Name, reason: WithheldReason): SpecialName {
  // Made when first asked for: there are over a hundred such zones, and a household asks about a few.
  let answers: ReturnType<typeof answersOfEmptyZone> | undefined;
  return {
    name: zone,
    reason,
    answer({ qname, qtype }) {
      // The DS of a zone is its parent's (RFC 4035 §3.1.4.1), and RFC 8375 §4 wants its denial with proof.
      if (qname === zone && qtype === Type.DS) return undefined;
      const { denial, empty, soa, ns } = (answers ??= answersOfEmptyZone(zone, reason));
      if (qname !== zone) return denial;
      if (qtype === Type.SOA) return soa;
      return qtype === Type.NS ? ns : empty;
    },
  };
}

function answersOfEmptyZone(zone: Name, reason: WithheldReason) {
  return {
    denial: nxdomain(reason, zone, EMPTY_ZONE_TTL),
    empty: nodata(reason, zone, EMPTY_ZONE_TTL),
    soa: positive(reason, [soaOf(zone, EMPTY_ZONE_TTL)]),
    ns: positive(reason, [nsOf(zone, EMPTY_ZONE_TTL)]),
  };
}

/** RFC 6761 §6.3: loopback addresses for the name and all below it, "for all other query types" negative. */
function loopback(name: Name): SpecialName {
  const ipv4 = Uint8Array.of(127, 0, 0, 1);
  const ipv6 = new Uint8Array(16).fill(1, 15);
  const empty = nodata("localhost", name, EMPTY_ZONE_TTL);
  return {
    name,
    reason: "localhost",
    answer({ qname, qtype }) {
      if (qtype !== Type.A && qtype !== Type.AAAA) return empty;
      const address = qtype === Type.A ? ipv4 : ipv6;
      return positive("localhost", [recordOf(qname, qtype, EMPTY_ZONE_TTL, address)]);
    },
  };
}

/** A name with one PTR, and nothing below it. */
function pointer(name: Name, target: Name, reason: WithheldReason): SpecialName {
  const ptr = positive(reason, [recordOf(name, Type.PTR, EMPTY_ZONE_TTL, octetsOfName(target))]);
  const empty = nodata(reason, name, EMPTY_ZONE_TTL);
  const denial = nxdomain(reason, name, EMPTY_ZONE_TTL);
  return {
    name,
    reason,
    answer({ qname, qtype }) {
      if (qname !== name) return denial;
      return qtype === Type.PTR ? ptr : empty;
    },
  };
}

/** RFC 9462 §6.4: NODATA for every type and every name under it; we offer no encrypted endpoint to clients. */
function withoutData(name: Name, reason: WithheldReason): SpecialName {
  const empty = nodata(reason, name, EMPTY_ZONE_TTL);
  return { name, reason, answer: () => empty };
}

/**
 * RFC 8880 §7.1: two fixed A records, nothing below. AAAA would tell of a NAT64 in the client's network, which an
 * upstream beyond it cannot know: "all queries for ipv4only.arpa MUST be sent to the recursive resolver
 * learned from the network interface", so a network with a NAT64 gets a server with `domains` for it.
 */
function ipv4only(name: Name): SpecialName {
  const zone = emptyZone(name, "ipv4only-arpa");
  const addresses = [170, 171].map((last) =>
    recordOf(name, Type.A, EMPTY_ZONE_TTL, Uint8Array.of(192, 0, 0, last)),
  );
  const known = positive("ipv4only-arpa", addresses);
  return {
    name,
    reason: "ipv4only-arpa",
    answer(question) {
      return question.qname === name && question.qtype === Type.A ? known : zone.answer(question);
    },
  };
}

/** A name of the tables above. */
function named(text: string): Name {
  const name = nameFromText(text);
  if (name === undefined) throw new Error("a special name is no domain name");
  return name;
}
