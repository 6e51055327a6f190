/**
 * The addresses of an upstream's `host`, asked of plain resolvers. They are told this one name; what they say is
 * believed only as far as that somebody there can prove the upstream's identity.
 *
 * Source: RFC 8310 §7.2 (the direct configuration needs a look-up that may be opportunistic), §8.
 */
import type { Message, Name, Question, ResourceRecord } from "../ports/message.ts";
import { ipv4ToText, ipv6ToText } from "../wire/addresses.ts";
import { Class, Rcode, Type } from "../wire/codes.ts";
import { nameFromOctets } from "../wire/names.ts";
import { nameFromText } from "../wire/presentation.ts";
import type { AddressAndPort, ServerOptions } from "./options.ts";
import type { AskPlain } from "./plain-resolver.ts";
import type { Find, Found } from "./whereabouts.ts";

/** CNAMEs followed within one response. */
const MAX_ALIASES = 8;

export function bootstrapping(
  host: NonNullable<ServerOptions["host"]>,
  resolvers: readonly AddressAndPort[],
  ask: AskPlain,
): Find {
  const name = nameFromText(host.name);
  return async () => {
    if (name === undefined) return "its host is no name";
    let fault = "there is no bootstrap resolver";
    for (const resolver of resolvers) {
      const found = await addressesOf(name, host.port, resolver, ask);
      if (typeof found !== "string") return found;
      fault = found;
    }
    return fault;
  };
}

/** What one plain resolver says of a name's addresses, both families. */
export async function addressesOf(
  name: Name,
  port: number,
  resolver: AddressAndPort,
  ask: AskPlain,
): Promise<Found | string> {
  const questions: Question[] = [Type.AAAA, Type.A].map((qtype) => ({
    qname: name,
    qtype,
    qclass: Class.IN,
  }));
  const responses = await Promise.all(questions.map((question) => ask(resolver, question)));
  const hosts = responses.flatMap((response) =>
    typeof response === "string" ? [] : hostsIn(response, name),
  );
  if (hosts.length === 0) return `${resolver.address} ${faultOf(responses)}`;
  return {
    addresses: hosts.map(({ address }) => ({ address, port })),
    ttl: Math.min(...hosts.map(({ ttl }) => ttl)),
  };
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
