/**
 * An RRset that is to outlive its message, as one string: a single object of the heap, which keeps nothing of the
 * chunk alive that it was read from, and has no backing store of its own. Few are ever looked at again.
 */
import type { Name, ResourceRecord, Rrset } from "../ports/message.ts";
import { Class, Type } from "../wire/codes.ts";

/** Octets of heap an RRset takes that is looked at, beside its records: its object, two arrays, its place. */
const RRSET_OCTETS = 400;
/** Octets of heap a record takes beside owner and RDATA: its object, that of the last answer, and a view. */
const RECORD_OCTETS = 250;
/** Before each RDATA stands how long it is. */
const LENGTH_OCTETS = 2;

/** Most fit in here while they are put together. */
const ROOM = Buffer.allocUnsafeSlow(8_192);

export class PackedRrset {
  readonly owner: Name;
  readonly type: number;
  /** RDATA of the records, then of the signatures. */
  readonly #rdata: string;
  readonly #records: number;
  readonly #signatures: number;

  /** Of class IN; TTLs are left out: who keeps it knows until when. */
  constructor({ type, records, signatures }: Rrset, owner: Name) {
    this.owner = owner;
    this.type = type;
    this.#records = records.length;
    this.#signatures = signatures.length;
    const size = sizeOf(records) + sizeOf(signatures);
    const room = size <= ROOM.length ? ROOM : Buffer.allocUnsafeSlow(size);
    const end = pack(signatures, room, pack(records, room, 0));
    this.#rdata = room.latin1Slice(0, end);
  }

  /** Memory it takes, with what it takes once it is looked at. */
  get octets(): number {
    const all = this.#records + this.#signatures;
    return RRSET_OCTETS + this.owner.length + all * RECORD_OCTETS + 2 * this.#rdata.length;
  }

  /** Whether both hold the same records and signatures. */
  equals(other: PackedRrset): boolean {
    return this.#rdata === other.#rdata && this.#records === other.#records;
  }

  /** The RRset, with octets of its own, and TTLs of 0. */
  unpacked(): Rrset {
    const { owner, type } = this;
    const octets = Buffer.allocUnsafeSlow(this.#rdata.length);
    octets.latin1Write(this.#rdata, 0);
    const records: ResourceRecord[] = [];
    const signatures: ResourceRecord[] = [];
    for (let at = 0; at < octets.length; ) {
      const end = at + LENGTH_OCTETS + octets.readUInt16BE(at);
      const isData = records.length < this.#records;
      (isData ? records : signatures).push({
        owner,
        type: isData ? type : Type.RRSIG,
        class: Class.IN,
        ttl: 0,
        rdata: octets.subarray(at + LENGTH_OCTETS, end),
      });
      at = end;
    }
    return { owner, type, records, signatures };
  }
}

function sizeOf(records: readonly ResourceRecord[]): number {
  let size = 0;
  for (const { rdata } of records) size += LENGTH_OCTETS + rdata.length;
  return size;
}

/** Writes the RDATA of `records`, and gives where it ends. */
function pack(records: readonly ResourceRecord[], room: Buffer, start: number): number {
  let at = start;
  for (const { rdata } of records) {
    room[at] = rdata.length >> 8;
    room[at + 1] = rdata.length;
    room.set(rdata, at + LENGTH_OCTETS);
    at += LENGTH_OCTETS + rdata.length;
  }
  return at;
}
