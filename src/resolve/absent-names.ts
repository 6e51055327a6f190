/**
 * What an NXDOMAIN of a name's A query says of the name's other types: that there are none. A name's data is kept by
 * type, so this is a second look, for a question that nothing is known of.
 *
 * The A query alone speaks for the others: nearly every client asks it, and servers were seen that deny a name when they
 * are asked for AAAA, though it has an A record (RFC 4074 §4.2). What is below the name is another question: without
 * proof "a validating resolver MAY decide" to ask it (RFC 8020 §2).
 *
 * Source: RFC 2308 §5 (by QNAME and QCLASS), RFC 6604 §3, RFC 8020 §2.
 */
import { isTrusted } from "../cache/entry.ts";
import type { Kept } from "../cache/kept.ts";
import type { Store } from "../cache/store.ts";
import type { Instant } from "../ports/clock.ts";
import { Rcode, Type } from "../wire/codes.ts";

/** Octets of QTYPE and QCLASS at the end of a key. */
const TYPE_AND_CLASS = 4;
const A = String.fromCharCode(0, Type.A);

/**
 * The NXDOMAIN that answers the question of `key` too. It is of the rules in force, `generation`, and right until the
 * store is used again.
 */
export function absenceOf(key: string, store: Store, now: Instant, generation: number): Kept | undefined {
  const typeAt = key.length - TYPE_AND_CLASS;
  if (key.charCodeAt(typeAt) === 0) {
    const type = key.charCodeAt(typeAt + 1);
    // The A query itself was looked up. Of a DS the parent's servers speak, which may be others (RFC 4035 §3.1.4.1, split DNS).
    if (type === Type.A || type === Type.DS) return undefined;
  }
  const entry = store.find(key.slice(0, typeAt) + A + key.slice(typeAt + 2));
  if (entry?.rcode !== Rcode.NXDOMAIN || !isTrusted(entry)) return undefined;
  if (now >= entry.expiresAt || entry.generation !== generation) return undefined;
  // Behind an alias it is the last name that does not exist (RFC 6604 §3), and what a rule took away was there.
  return entry.hasAnswer || entry.errors.length > 0 ? undefined : entry;
}
