/** The made web as a tree of zones for the lab's upstream. */
import { registrableDomain } from "../../src/privacy/registrable-domain.ts";
import { parentOf } from "../../src/wire/names.ts";
import { nameFromText, nameToText } from "../../src/wire/presentation.ts";
import type { TreeSpec } from "../../test/lab/tree.ts";
import { labZones, periodAround } from "../../test/lab/zones.ts";
import type { Host, Web } from "./web.ts";

/** Of a hundred domains, how many are signed: about what the popular ones are. */
const SIGNED_OF_100 = 12;
const TTL = 300;

/** The lab's own zones with those of the web, each domain a zone, each suffix a signed one. */
export function worldZones(web: Web, now: number): TreeSpec[] {
  const period = periodAround(now);
  const byDomain = recordsByDomain(web);
  const lab = labZones(period);
  const apexes = new Set(lab.map(({ apex }) => apex));
  const suffixes = new Set<string>();
  for (const domain of byDomain.keys()) {
    for (let name = parentOf(nameOf(domain)); name.length > 1; name = parentOf(name))
      suffixes.add(nameToText(name));
  }
  const tops: TreeSpec[] = [...suffixes]
    .filter((apex) => !apexes.has(apex))
    .map((apex) => ({
      apex,
      records: [],
      security: { period, denial: { kind: "nsec3" as const, optOut: true } },
    }));
  const domains: TreeSpec[] = [...byDomain].map(([apex, records], i) =>
    (i * 37) % 100 < SIGNED_OF_100 ? { apex, records, security: { period } } : { apex, records },
  );
  return [...lab, ...tops, ...domains.filter(({ apex }) => !apexes.has(apex))];
}

function recordsByDomain(web: Web): Map<string, string[]> {
  const byDomain = new Map<string, string[]>();
  const add = (owner: string, type: string, data: string): void => {
    const domain = nameToText(registrableDomain(nameOf(owner)));
    const lines = byDomain.get(domain) ?? [];
    lines.push(`${owner}. ${TTL} ${type} ${data}`);
    byDomain.set(domain, lines);
  };
  for (const host of web.hosts.values()) addHost(host, add);
  return byDomain;
}

function addHost(host: Host, add: (owner: string, type: string, data: string) => void): void {
  let owner = host.name;
  for (const target of host.aliases) {
    add(owner, "CNAME", `${target}.`);
    owner = target;
  }
  for (let i = 0; i < host.ipv4; i++) add(owner, "A", `192.0.2.${hashOf(owner, i) % 250}`);
  for (let i = 0; i < host.ipv6; i++)
    add(owner, "AAAA", `2001:db8::${(hashOf(owner, i) % 60_000).toString(16)}`);
  if (host.hasHttps) add(owner, "HTTPS", "1 . alpn=h3,h2 ipv4hint=192.0.2.1");
}

function hashOf(text: string, salt: number): number {
  let hash = salt * 7919 + 17;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) >>> 0;
  return hash;
}

function nameOf(text: string) {
  const name = nameFromText(text);
  if (name === undefined) throw new Error(`${text} is no domain name`);
  return name;
}
