/**
 * The encrypted resolver that a plain one designates. The plain one is asked this one question, and for addresses
 * of the name it gives where they do not come with it. What it says is believed as far as the resolver found there
 * shows a certificate with the plain one's address: `identity.ts` checks that (`coveredAddress`).
 *
 * Source: RFC 9462 §4 (resolver.arpa), §4.2 (verified discovery); RFC 9461 §4 to §6 (alpn, port, hints).
 */
import type { Message, Name } from "../ports/message.ts";
import { Class, Type } from "../wire/codes.ts";
import { ROOT } from "../wire/names.ts";
import { type ServiceBinding, serviceBindingOf } from "../wire/service-binding.ts";
import { addressesOf, addressOf } from "./bootstrap.ts";
import type { AddressAndPort } from "./options.ts";
import type { AskPlain } from "./plain-resolver.ts";
import type { Begin, Find, Found } from "./whereabouts.ts";

/** `_dns.resolver.arpa.` */
const DESIGNATED = "\x04_dns\x08resolver\x04arpa\x00" as Name;
/** RFC 7858 §3.1. */
const DOT_PORT = 853;
/** "Such another port MUST NOT be port 53" (RFC 7858 §3.1); nobody listens at 0. */
const NO_DOT_PORTS: readonly number[] = [0, 53];
/** Records that are looked at. */
const MAX_DESIGNATIONS = 8;

export function discovering(resolver: AddressAndPort, ask: AskPlain): Find {
  return async (begin) => {
    const response = await ask(resolver, { qname: DESIGNATED, qtype: Type.SVCB, qclass: Class.IN });
    if (typeof response === "string") return `${resolver.address} ${response}`;
    const designations = designationsIn(response);
    if (designations.length === 0) return `${resolver.address} designates no resolver with DNS over TLS`;
    const found = await Promise.all(
      designations.map((designation) => whereIs(designation, response, resolver, ask, begin)),
    );
    const known = found.filter((each) => typeof each !== "string");
    if (known.length === 0) return String(found[0]);
    return {
      addresses: known.flatMap(({ addresses }) => addresses),
      ttl: Math.min(...known.map(({ ttl }) => ttl)),
    };
  };
}

interface Designation extends ServiceBinding {
  readonly ttl: number;
}

/** Those that speak DNS over TLS, the preferred ones first. */
function designationsIn({ answer }: Message): Designation[] {
  return answer
    .filter((record) => record.owner === DESIGNATED && record.type === Type.SVCB)
    .flatMap(({ rdata, ttl }) => {
      const binding = serviceBindingOf(rdata);
      return binding === undefined ? [] : [{ ...binding, ttl }];
    })
    .filter(({ priority, alpn, isUnderstood }) => priority > 0 && isUnderstood && alpn.includes("dot"))
    .filter(({ port = DOT_PORT }) => !NO_DOT_PORTS.includes(port))
    .sort((one, other) => one.priority - other.priority)
    .slice(0, MAX_DESIGNATIONS);
}

/** By its hints, by the addresses that came along (RFC 9462 §4.1), else by a look-up. */
async function whereIs(
  { target, port = DOT_PORT, hints, ttl }: Designation,
  { additional }: Message,
  resolver: AddressAndPort,
  ask: AskPlain,
  begin: Begin,
): Promise<Found | string> {
  const along = additional.flatMap((record) => {
    const address = record.owner === target ? addressOf(record.type, record.rdata) : undefined;
    return address === undefined ? [] : [{ address, ttl: record.ttl }];
  });
  // Hints are part of the designation, and live as long.
  const given = along.length > 0 ? along : hints.map((address) => ({ address, ttl }));
  if (given.length > 0) {
    return {
      addresses: given.map(({ address }) => ({ address, port })),
      ttl: Math.min(ttl, ...given.map((each) => each.ttl)),
    };
  }
  // "." would be resolver.arpa itself, which has no address.
  if (target === ROOT) return `${resolver.address} designates a resolver without an address`;
  const found = await addressesOf(target, port, resolver, ask, begin);
  return typeof found === "string" ? found : { ...found, ttl: Math.min(ttl, found.ttl) };
}
