/**
 * SVCB records as data. What the parameters mean is for whoever asks for them; how they are written in text is
 * `svc-params.ts`.
 *
 * Source: RFC 9460 §2.2 (wire format), §7 (parameters), §8 (mandatory).
 */
import { IPV4_OCTETS, IPV6_OCTETS, ipv4ToText, ipv6ToText } from "./addresses.ts";
import type { Name } from "../ports/message.ts";
import { nameFromOctets } from "./names.ts";

export interface ServiceBinding {
  /** 0: an alias of `target`. */
  readonly priority: number;
  readonly target: Name;
  /** Protocols; `[]` where there is no such parameter. */
  readonly alpn: readonly string[];
  readonly port: number | undefined;
  /** Addresses, IPv6 first. */
  readonly hints: readonly string[];
  /** Every mandatory parameter is one that is read here. Else the record must be ignored (RFC 9460 §8). */
  readonly isUnderstood: boolean;
}

const Key = { MANDATORY: 0, ALPN: 1, NO_DEFAULT_ALPN: 2, PORT: 3, IPV4HINT: 4, IPV6HINT: 6 } as const;
const UNDERSTOOD: ReadonlySet<number> = new Set(Object.values(Key)); // BOUNDED: fixed.
/** Key and length of a parameter. */
const PARAM_HEADER_OCTETS = 4;

/** The RDATA of an SVCB record; `undefined` where it is malformed. */
export function serviceBindingOf(octets: Uint8Array): ServiceBinding | undefined {
  const target = octets.length > 2 ? nameFromOctets(octets, 2) : undefined;
  if (target === undefined) return undefined;
  const params = paramsOf(octets, 2 + target.length);
  if (params === undefined) return undefined;
  const port = params.get(Key.PORT);
  const mandatory = pairs(params.get(Key.MANDATORY) ?? new Uint8Array(0));
  return {
    priority: (octets[0]! << 8) | octets[1]!,
    target,
    alpn: characterStrings(params.get(Key.ALPN) ?? new Uint8Array(0)),
    port: port?.length === 2 ? (port[0]! << 8) | port[1]! : undefined,
    hints: [
      ...addresses(params.get(Key.IPV6HINT), IPV6_OCTETS, ipv6ToText),
      ...addresses(params.get(Key.IPV4HINT), IPV4_OCTETS, ipv4ToText),
    ],
    isUnderstood: mandatory.every((key) => UNDERSTOOD.has(key) && params.has(key)),
  };
}

/** RFC 9460 §2.2: keys in strictly increasing order, each once. */
function paramsOf(octets: Uint8Array, start: number): Map<number, Uint8Array> | undefined {
  const params = new Map<number, Uint8Array>(); // BOUNDED: by one RDATA.
  let last = -1;
  for (let at = start; at < octets.length; ) {
    if (at + PARAM_HEADER_OCTETS > octets.length) return undefined;
    const key = (octets[at]! << 8) | octets[at + 1]!;
    const end = at + PARAM_HEADER_OCTETS + ((octets[at + 2]! << 8) | octets[at + 3]!);
    if (key <= last || end > octets.length) return undefined;
    params.set(key, octets.subarray(at + PARAM_HEADER_OCTETS, end));
    last = key;
    at = end;
  }
  return params;
}

function pairs(octets: Uint8Array): number[] {
  return Array.from({ length: octets.length >> 1 }, (_, i) => (octets[2 * i]! << 8) | octets[2 * i + 1]!);
}

function characterStrings(octets: Uint8Array): string[] {
  const found: string[] = [];
  for (let at = 0; at < octets.length; at += 1 + octets[at]!) {
    found.push(Buffer.from(octets.subarray(at + 1, at + 1 + octets[at]!)).toString("latin1"));
  }
  return found;
}

function addresses(
  octets: Uint8Array | undefined,
  size: number,
  toText: (octets: Uint8Array, start: number) => string,
): string[] {
  if (octets === undefined) return [];
  return Array.from({ length: Math.floor(octets.length / size) }, (_, i) => toText(octets, i * size));
}
