/**
 * DNS data as plain values: what every layer speaks. Types only; `wire/` makes and reads them.
 *
 * Source: RFC 1035 §4.1 (message), RFC 6891 §6.1 (OPT), RFC 9499 (terms).
 */

/**
 * A domain name in uncompressed wire format, one UTF-16 code unit an octet (0..255), letters folded to
 * lower case: `"\x03www\x07example\x03com\x00"`. Octet-safe, comparable with `===`, usable as a Map key.
 * Made by `wire/names.ts` only.
 */
export type Name = string & { readonly __name: unique symbol };

export interface Question {
  readonly qname: Name;
  readonly qtype: number;
  readonly qclass: number;
}

export interface ResourceRecord {
  readonly owner: Name;
  readonly type: number;
  readonly class: number;
  /** Seconds, as read: 0 to 2^32-1. */
  readonly ttl: number;
  /** RDATA without compression, letter case as it came. Must not be written to. */
  readonly rdata: Uint8Array;
}

/** Records of one name, type and class, with what signs them. */
export interface Rrset {
  readonly owner: Name;
  readonly type: number;
  readonly records: readonly ResourceRecord[];
  /** RRSIG records at the same owner whose Type Covered is `type`, in the order they came. */
  readonly signatures: readonly ResourceRecord[];
}

export interface EdnsOption {
  readonly code: number;
  readonly data: Uint8Array;
}

/** The OPT pseudo-record. The upper 8 bits of its extended RCODE are folded into `Message.rcode`. */
export interface Edns {
  /** The sender's UDP payload size in octets. */
  readonly udpSize: number;
  readonly version: number;
  /** The DO bit (RFC 3225). */
  readonly dnssecOk: boolean;
  readonly options: readonly EdnsOption[];
}

export interface Message {
  readonly id: number;
  /** The second 16-bit word of the header; bits in `wire/codes.ts` `Flag`. */
  readonly flags: number;
  readonly opcode: number;
  /** Extended RCODE, 12 bits where there is an OPT (RFC 6891 §6.1.3). */
  readonly rcode: number;
  readonly questions: readonly Question[];
  readonly answer: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  /** Without OPT. */
  readonly additional: readonly ResourceRecord[];
  /** `undefined` where the message holds no OPT. */
  readonly edns: Edns | undefined;
}
