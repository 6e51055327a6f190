/**
 * The lab's zones: every kind of name, denial and algorithm that a validator, a cache and a demo need.
 * `docs` of each zone is its head comment; addresses are those of RFC 5737 and RFC 3849.
 */
import type { DenialOptions } from "./denial.ts";
import type { Period } from "./signer.ts";
import { dsLine, type TreeSpec } from "./tree.ts";
import type { ZoneSecurity } from "./zone.ts";

const DAY = 86_400;

/** A day back to 30 days on, around `now` (milliseconds since 1970). */
export function periodAround(now: number): Period {
  const seconds = Math.floor(now / 1000);
  return { inception: seconds - DAY, expiration: seconds + 30 * DAY };
}

/** Records that every small zone has, so that the same questions can be put to each. */
export const COMMON_RECORDS: readonly string[] = [
  "@ A 192.0.2.1",
  "@ MX 10 mail",
  "mail A 192.0.2.25",
  "www A 192.0.2.80",
  "www A 192.0.2.81",
  "www AAAA 2001:db8::80",
  "alias CNAME www",
  "a.b.ent A 192.0.2.90",
  "*.wild A 192.0.2.100",
  '*.wild TXT "wild"',
  "closer.wild A 192.0.2.101",
  "zz A 192.0.2.99",
];

/** All zones, root first. `extra` adds lines to a zone by its apex. */
export function labZones(
  period: Period,
  extra: Readonly<Record<string, readonly string[]>> = {},
): TreeSpec[] {
  const zones = [...tops(period), ...names(period), ...algorithms(period), ...oddities(period)];
  return zones.map((zone) => ({ ...zone, records: [...zone.records, ...(extra[zone.apex] ?? [])] }));
}

function tops(period: Period): TreeSpec[] {
  return [
    { apex: ".", records: [], security: { period, split: true } },
    { apex: "com.", records: [], security: { period, denial: { kind: "nsec3", optOut: true } } },
    { apex: "org.", records: [], security: { period, algorithms: [8], split: true } },
    { apex: "net.", records: [], security: { period, algorithms: [15] } },
    { apex: "example.", records: ['@ TXT "the lab"', "ns.lab A 192.0.2.53"], security: { period } },
    { apex: "arpa.", records: [], security: { period } },
    {
      apex: "2.0.192.in-addr.arpa.",
      records: ["80 PTR www.example.com.", "1 PTR example.com."],
      security: { period },
    },
  ];
}

function names(period: Period): TreeSpec[] {
  return [
    { apex: "example.com.", records: [...COMMON_RECORDS, ...EXAMPLE_COM], security: { period } },
    { apex: "sub.example.com.", records: COMMON_RECORDS, security: { period } },
    { apex: "unsigned.example.com.", records: COMMON_RECORDS },
    // Below an opt-out span of com.
    { apex: "insecure.com.", records: COMMON_RECORDS },
    { apex: "example.org.", records: COMMON_RECORDS, security: { period, denial: { kind: "nsec3" } } },
    {
      apex: "example.net.",
      records: [...COMMON_RECORDS, "dot A 127.0.0.1", "dot AAAA ::1"],
      security: { period, algorithms: [14] },
    },
    {
      apex: "insecure.example.",
      records: [...COMMON_RECORDS, "to-secure CNAME www.example.com.", "tree DNAME example.org."],
    },
  ];
}

const EXAMPLE_COM: readonly string[] = [
  "www HTTPS 1 . alpn=h3,h2 ipv4hint=192.0.2.80 ipv6hint=2001:db8::80",
  '@ CAA 0 issue "ca.example.net"',
  '@ TXT "v=spf1 -all"',
  "_sip._tcp SRV 10 20 5060 www",
  "odd TYPE65280 \\# 4 0a000001",
  // 12 character-strings of 250 octets: over every UDP size, so TC and TCP.
  `big TXT ${Array.from({ length: 12 }, (_, i) => `"${String.fromCharCode(97 + i).repeat(250)}"`).join(" ")}`,
  "chain CNAME link1",
  "link1 CNAME link2",
  "link2 CNAME www.example.org.",
  "to-insecure CNAME www.insecure.example.",
  "to-bogus CNAME www.expired.example.",
  "to-nothing CNAME no-such-name.example.org.",
  "to-wild CNAME any.wild",
  "loop1 CNAME loop2",
  "loop2 CNAME loop1",
  "tree DNAME example.org.",
  "*.cwild CNAME www.example.org.",
  "short 1 A 192.0.2.7",
  "secret.private A 192.0.2.66",
  ...Array.from({ length: 8 }, (_, i) => `host${i} A 192.0.2.${110 + i}`),
];

function algorithms(period: Period): TreeSpec[] {
  const zone = (apex: string, security: Omit<ZoneSecurity, "period">): TreeSpec => ({
    apex,
    records: COMMON_RECORDS,
    security: { period, ...security },
  });
  const nsec3: DenialOptions = { kind: "nsec3" };
  return [
    zone("rsasha1.example.", { algorithms: [5], digests: [1] }),
    zone("rsasha1-nsec3.example.", { algorithms: [7], denial: nsec3 }),
    zone("rsasha256.example.", { algorithms: [8], digests: [1, 2], split: true }),
    zone("rsasha512.example.", { algorithms: [10], denial: nsec3 }),
    zone("ecdsa384.example.", { algorithms: [14], digests: [4] }),
    zone("ed25519.example.", { algorithms: [15], denial: nsec3 }),
    zone("ed448.example.", { algorithms: [16] }),
    zone("two-algorithms.example.", { algorithms: [8, 13] }),
    zone("salted.example.", { denial: { kind: "nsec3", salt: "aabbccdd", iterations: 1 } }),
    zone("iterations50.example.", { denial: { kind: "nsec3", iterations: 50 } }),
    zone("iterations51.example.", { denial: { kind: "nsec3", iterations: 51 } }),
    zone("iterations501.example.", { denial: { kind: "nsec3", iterations: 501 } }),
    zone("optout.example.", { denial: { kind: "nsec3", optOut: true } }),
    zone("secure.optout.example.", {}),
    { apex: "insecure.optout.example.", records: COMMON_RECORDS },
    { apex: "deep.under.optout.example.", records: COMMON_RECORDS },
  ];
}

function oddities(period: Period): TreeSpec[] {
  const long = 400 * DAY;
  const past = { inception: period.inception - long, expiration: period.expiration - long };
  const future = { inception: period.inception + long, expiration: period.expiration + long };
  const unknown = (algorithm: number, digest: number): Buffer =>
    Buffer.concat([Buffer.from([0x30, 0x39, algorithm, digest]), Buffer.alloc(32, 7)]);
  return [
    { apex: "expired.example.", records: COMMON_RECORDS, security: { period: past } },
    { apex: "future.example.", records: COMMON_RECORDS, security: { period: future } },
    // Signed, but its parent does not say so.
    { apex: "island.example.", records: COMMON_RECORDS, security: { period }, ds: [] },
    {
      apex: "unknown-algorithm.example.",
      records: COMMON_RECORDS,
      ds: [dsLine("unknown-algorithm.example.", unknown(200, 2))],
    },
    {
      apex: "unknown-digest.example.",
      records: COMMON_RECORDS,
      security: { period },
      ds: [dsLine("unknown-digest.example.", unknown(13, 200))],
    },
    {
      apex: "wrong-ds.example.",
      records: COMMON_RECORDS,
      security: { period },
      ds: [dsLine("wrong-ds.example.", unknown(13, 2))],
    },
    // The parent says it is signed, and it is not.
    {
      apex: "stripped.example.",
      records: COMMON_RECORDS,
      ds: [dsLine("stripped.example.", unknown(13, 2))],
    },
  ];
}
