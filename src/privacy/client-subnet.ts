/**
 * What upstreams are told of the client's network: nothing, in one of two ways.
 *
 * - `zero`: SOURCE PREFIX-LENGTH 0. "The Recursive Resolver MUST NOT add the client's address information to
 *   its queries" (RFC 7871 §7.1.2), so the operator adds none of its own either.
 * - `none`: no option, for an upstream that refuses it. What the operator then adds is its own affair.
 *
 * FAMILY is always 1: RFC 7871 §7.1.2 says it SHOULD be that of the transport, but then a household's queries
 * would differ between its IPv4 and its IPv6 connection, and with no address octets it is irrelevant. 1 is
 * one of the two values that authoritative servers are known to accept.
 *
 * A client's own option never gets here: queries are built from QNAME, QTYPE and QCLASS alone.
 */
export type ClientSubnet = "zero" | "none";

/** OPTION-CODE 8, length 4, FAMILY 1, SOURCE PREFIX-LENGTH 0, SCOPE PREFIX-LENGTH 0, no address (RFC 7871 §6). */
const ZERO_PREFIX = Uint8Array.of(0, 8, 0, 4, 0, 1, 0, 0);
const NO_OPTION = new Uint8Array(0);

/** The whole option as it stands in OPT RDATA; empty for `none`. */
export function clientSubnetOption(mode: ClientSubnet): Uint8Array {
  return mode === "zero" ? ZERO_PREFIX : NO_OPTION;
}
