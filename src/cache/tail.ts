/**
 * Records that stand behind one question after another, rendered once: behind a question about the zone they are of.
 * Behind one about a name below it they are the same but for the TTL, and for the pointers, which shift by what the
 * names differ in length.
 *
 * Source: RFC 1035 §4.1.4 (pointers), RFC 3597 §4 (where in RDATA there may be some).
 */
import type { Name, ResourceRecord } from "../ports/message.ts";
import { Class, Type } from "../wire/codes.ts";
import { MAX_NAME_OCTETS } from "../wire/names.ts";
import { layoutOf } from "../wire/rdata-layouts.ts";
import { MessageWriter } from "../wire/write-message.ts";

/** Behind the longest name too, a pointer can point into so much; other records are rendered each time. */
const MAX_OCTETS = 12_288;
/** What is shorter is copied faster octet by octet than by a call. */
const SHORT_OCTETS = 96;
/** SERIAL to MINIMUM of an SOA record. */
const NUMBERS_OCTETS = 20;
/** Octets of heap a tail takes beside what was rendered: its object, a string, two short lists. */
const TAIL_OCTETS = 200;

const ROOM = Buffer.allocUnsafe(MAX_NAME_OCTETS + MAX_OCTETS);
const WRITER = new MessageWriter();

export class Tail {
  /** How many records. */
  readonly count: number;
  /** A latin1 string: one heap object, without a backing store of its own. */
  readonly #octets: string;
  readonly #zoneOctets: number;
  /** Where in `#octets` pointers and TTLs stand. */
  readonly #pointers: readonly number[];
  readonly #ttls: readonly number[];

  constructor(zone: Name, octets: string, pointers: readonly number[], ttls: readonly number[]) {
    this.count = ttls.length;
    this.#octets = octets;
    this.#zoneOctets = zone.length;
    this.#pointers = pointers;
    this.#ttls = ttls;
  }

  get length(): number {
    return this.#octets.length;
  }

  /** Memory it takes. */
  get octets(): number {
    return TAIL_OCTETS + this.#octets.length + 8 * (this.#pointers.length + this.#ttls.length);
  }

  /** Writes the records with `ttl` behind a question about a name of `nameOctets`, at or below their zone. */
  write(nameOctets: number, ttl: number, out: Buffer, at: number): void {
    const octets = this.#octets;
    if (octets.length > SHORT_OCTETS) out.latin1Write(octets, at, octets.length);
    else for (let i = 0; i < octets.length; i++) out[at + i] = octets.charCodeAt(i);
    const shift = nameOctets - this.#zoneOctets;
    for (const pointer of this.#pointers) {
      const place = at + pointer;
      const shifted = ((out[place]! << 8) | out[place + 1]!) + shift;
      out[place] = shifted >> 8;
      out[place + 1] = shifted & 0xff;
    }
    for (const each of this.#ttls) {
      const place = at + each;
      out[place] = ttl >>> 24;
      out[place + 1] = ttl >>> 16;
      out[place + 2] = ttl >>> 8;
      out[place + 3] = ttl;
    }
  }
}

/** `undefined` where the records do not fit, or are none whose pointers are told apart here. */
export function tailOf(zone: Name, records: readonly ResourceRecord[]): Tail | undefined {
  WRITER.open(ROOM);
  WRITER.header(0, 0, 1, 0, records.length, 0);
  WRITER.question({ qname: zone, qtype: Type.SOA, qclass: Class.IN });
  const start = WRITER.offset;
  const pointers: number[] = [];
  for (const record of records) {
    const owner = WRITER.offset;
    if (!WRITER.record(record, 0) || !notePointers(record.type, owner, pointers)) return undefined;
  }
  const octets = ROOM.latin1Slice(start, WRITER.offset);
  const behind = (place: number): number => place - start;
  return new Tail(zone, octets, pointers.map(behind), WRITER.ttlOffsets.map(behind));
}

/** Notes where pointers stand in the record that was written last. @returns false where that is not known. */
function notePointers(type: number, owner: number, pointers: number[]): boolean {
  const rdata = nameEnd(owner, pointers) + 10;
  if (type === Type.SOA) {
    return nameEnd(nameEnd(rdata, pointers), pointers) + NUMBERS_OCTETS === WRITER.offset;
  }
  const layout = layoutOf(type);
  return layout !== undefined && (layout.compression !== "both" || !layout.hasNames);
}

/** Where the name at `start` ends; notes where its pointer stands. */
function nameEnd(start: number, pointers: number[]): number {
  let at = start;
  for (;;) {
    const length = ROOM[at] ?? 0;
    if (length === 0) return at + 1;
    if (length >= 0xc0) {
      pointers.push(at);
      return at + 2;
    }
    at += 1 + length;
  }
}
