/**
 * The addresses of an upstream's `host`, asked of plain resolvers. They are told this one name; what they say is
 * believed only as far as that somebody there can prove the upstream's identity.
 *
 * Source: RFC 8310 §7.2 (the direct configuration needs a look-up that may be opportunistic), §8; RFC 8305 §3.
 */
import type { Clock } from "../ports/clock.ts";
import type { Message, Name, ResourceRecord } from "../ports/message.ts";
import { ipv4ToText, ipv6ToText } from "../wire/addresses.ts";
import { Class, Rcode, Type } from "../wire/codes.ts";
import { nameFromOctets } from "../wire/names.ts";
import { nameFromText } from "../wire/presentation.ts";
import type { AddressAndPort, ServerOptions } from "./options.ts";
import type { AskPlain } from "./plain-resolver.ts";
import { firstOf } from "./staggered.ts";
import type { Begin, Find, Found } from "./whereabouts.ts";

/** CNAMEs followed within one response. */
const MAX_ALIASES = 8;

export function bootstrapping(
  host: NonNullable<ServerOptions["host"]>,
  resolvers: readonly AddressAndPort[],
  ask: AskPlain,
  clock: Clock,
): Find {
  const name = nameFromText(host.name);
  if (name === undefined) return () => Promise.resolve("its host is no name");
  return (begin) => {
    const looks = resolvers.map((resolver) => () => addressesOf(name, host.port, resolver, ask, begin));
    return firstOf(looks, "there is no bootstrap resolver", clock);
  };
}

/** What one plain resolver says of a name's addresses: both families at once, and each begins with what it brings. */
export async function addressesOf(
  name: Name,
  port: number,
  resolver: AddressAndPort,
  ask: AskPlain,
  begin: Begin,
): Promise<Found | string> {
  const found = await Promise.all(
    // In this order: RFC 8305 §3.
    [Type.AAAA, Type.A].map(async (qtype) => {
      const response = await ask(resolver, { qname: name, qtype, qclass: Class.IN });
      const hosts = typeof response === "string" ? [] : hostsIn(response, name);
      const addresses = hosts.map(({ address }) => ({ address, port }));
      if (addresses.length > 0) begin(addresses);
      return { response, addresses, ttl: Math.min(...hosts.map(({ ttl }) => ttl)) };
    }),
  );
  const addresses = found.flatMap((family) => family.addresses);
  if (addresses.length === 0) return `${resolver.address} ${faultOf(found.map(({ response }) => response))}`;
  return { addresses, ttl: Math.min(...found.map(({ ttl }) => ttl)) };
}

/** Addresses at the end of the chain of aliases that begins at `name`. */
function hostsIn({ answer }: Message, name: Name): { address: string; ttl: number }[] {
  let owner: Name | undefined = name;
  let ttl = Number.POSITIVE_INFINITY;
  for (let aliases = 0; aliases < MAX_ALIASES && owner !== undefined; aliases++) {
    const here: Name = owner;
    const own = answer.filter((record) => record.owner === here && record.class === Class.IN);
    const hosts = own.flatMap((record) => {
      const address = addressOf(record.type, record.rdata);
      return address === undefined ? [] : [{ address, ttl: Math.min(ttl, record.ttl) }];
    });
    if (hosts.length > 0) return hosts;
    const alias: ResourceRecord | undefined = own.find(({ type }) => type === Type.CNAME);
    owner = alias === undefined ? undefined : nameFromOctets(alias.rdata);
    ttl = Math.min(ttl, alias?.ttl ?? ttl);
  }
  return [];
}

/** `undefined` for other types, and for addresses that nobody has. */
export function addressOf(type: number, rdata: Uint8Array): string | undefined {
  if (rdata.every((octet) => octet === 0)) return undefined;
  if (type === Type.A) return ipv4ToText(rdata);
  return type === Type.AAAA ? ipv6ToText(rdata) : undefined;
}

function faultOf(responses: readonly (Message | string)[]): string {
  const fault = responses.find((response) => typeof response === "string");
  if (fault !== undefined) return fault;
  const rcodes = responses.map((response) => (response as Message).rcode);
  if (rcodes.every((rcode) => rcode === Rcode.NOERROR)) return "knows no address of the host";
  return rcodes.includes(Rcode.NXDOMAIN) ? "says that the host does not exist" : "gives no answer (SERVFAIL)";
}
