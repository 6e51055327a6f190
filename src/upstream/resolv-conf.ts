/**
 * The resolvers that a file of resolv.conf's form names. Pure.
 *
 * Source: resolv.conf(5).
 */
import { isIP } from "node:net";

/** `MAXNS` of resolv.h: no system asks more of them. */
export const MAX_RESOLVERS = 3;

/** Addresses as they stand there, with the scope that one may have (`fe80::1%eth0`); what is no address is left out. */
export function nameservers(text: string): string[] {
  const lines = text.matchAll(/^nameserver[ \t]+(\S+)/gm);
  return [...lines].map(([, address]) => address ?? "").filter((address) => isIP(address) !== 0);
}
