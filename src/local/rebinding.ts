/**
 * Takes private addresses out of an answer for a public name (DNS rebinding): A and AAAA records, and address
 * hints of SVCB and HTTPS. A hint goes alone, the rest of its record stays.
 *
 * Source: RFC 9460 §7.3 (hints), §8 (mandatory keys).
 */
import type { ResourceRecord } from "../ports/message.ts";
import { Class, Type } from "../wire/codes.ts";
import { isPrivateIpv4, isPrivateIpv6 } from "./private-addresses.ts";

/** SvcParamKeys (RFC 9460 §14.3.2). */
const MANDATORY = 0;
const IPV4_HINT = 4;
const IPV6_HINT = 6;

const NOTHING = new Uint8Array(0);

/**
 * The answer section without private addresses; the same array where there are none. RRSIGs over an RRset
 * that is not what was signed any more go too.
 */
export function withoutPrivateAddresses(answer: readonly ResourceRecord[]): readonly ResourceRecord[] {
  if (answer.every((record) => harmlessPart(record) === record)) return answer;

  const kept: ResourceRecord[] = [];
  const altered = new Set<string>(); // BOUNDED: by the records of the answer; it ends with the call.
  for (const record of answer) {
    const harmless = harmlessPart(record);
    if (harmless !== record) altered.add(rrsetKey(record.owner, record.type));
    if (harmless !== undefined) kept.push(harmless);
  }
  return kept.filter(
    ({ owner, type, rdata }) => type !== Type.RRSIG || !altered.has(rrsetKey(owner, coveredBy(rdata))),
  );
}

/** The record itself, one without its private hints, or nothing. */
function harmlessPart(record: ResourceRecord): ResourceRecord | undefined {
  if (record.class !== Class.IN) return record;
  const { type, rdata } = record;
  switch (type) {
    case Type.A:
      return rdata.length === 4 && isPrivateIpv4(rdata, 0) ? undefined : record;
    case Type.AAAA:
      return rdata.length === 16 && isPrivateIpv6(rdata, 0) ? undefined : record;
    case Type.SVCB:
    case Type.HTTPS:
      return withoutPrivateHints(record);
    default:
      return record;
  }
}

function withoutPrivateHints(record: ResourceRecord): ResourceRecord | undefined {
  const { rdata } = record;
  const start = paramsStart(rdata);
  const kept: Uint8Array[] = [rdata.subarray(0, start)];
  const gone: number[] = [];
  let isAltered = false;
  for (let at = start; at + 4 <= rdata.length; ) {
    const key = (rdata[at]! << 8) | rdata[at + 1]!;
    const end = at + 4 + ((rdata[at + 2]! << 8) | rdata[at + 3]!);
    const value = rdata.subarray(at + 4, end);
    const harmless = harmlessHints(key, value);
    if (harmless === value) {
      kept.push(rdata.subarray(at, end));
    } else {
      isAltered = true;
      if (harmless.length === 0) gone.push(key);
      else
        kept.push(
          Uint8Array.of(key >> 8, key & 0xff, harmless.length >> 8, harmless.length & 0xff),
          harmless,
        );
    }
    at = end;
  }
  if (!isAltered) return record;
  // A record that calls mandatory what is not in it is malformed (RFC 9460 §8): nobody may use it.
  if (gone.some((key) => isMandatory(rdata, start, key))) return undefined;
  return { ...record, rdata: Buffer.concat(kept) };
}

/** The hints that are not private; the same array where none is. */
function harmlessHints(key: number, value: Uint8Array): Uint8Array {
  if (key !== IPV4_HINT && key !== IPV6_HINT) return value;
  const octets = key === IPV4_HINT ? 4 : 16;
  const isPrivate = key === IPV4_HINT ? isPrivateIpv4 : isPrivateIpv6;
  if (value.length % octets !== 0) return NOTHING;

  const kept: Uint8Array[] = [];
  for (let at = 0; at < value.length; at += octets) {
    if (!isPrivate(value, at)) kept.push(value.subarray(at, at + octets));
  }
  return kept.length * octets === value.length ? value : Buffer.concat(kept);
}

/** Whether `mandatory`, which is first where it is there (keys are in order, RFC 9460 §2.2), lists `key`. */
function isMandatory(rdata: Uint8Array, start: number, key: number): boolean {
  if (((rdata[start]! << 8) | rdata[start + 1]!) !== MANDATORY) return false;
  const end = start + 4 + ((rdata[start + 2]! << 8) | rdata[start + 3]!);
  for (let at = start + 4; at + 2 <= end; at += 2) {
    if (((rdata[at]! << 8) | rdata[at + 1]!) === key) return true;
  }
  return false;
}

/** Past SvcPriority and TargetName, which is never compressed (RFC 9460 §2.2). */
function paramsStart(rdata: Uint8Array): number {
  let at = 2;
  while (at < rdata.length && rdata[at] !== 0) at += 1 + rdata[at]!;
  return at + 1;
}

function rrsetKey(owner: string, type: number): string {
  return `${owner}${type}`;
}

function coveredBy(rrsig: Uint8Array): number {
  return ((rrsig[0] ?? 0) << 8) | (rrsig[1] ?? 0);
}
