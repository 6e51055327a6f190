/**
 * What the RDATA of each known type looks like: one table, from which come the check of octets, the places
 * of names (for decompression, compression and canonical form) and the presentation format. Types that are
 * not in the table are opaque (RFC 3597 §3). The layouts are those of class IN; no other class is asked for.
 *
 * Source: the RFC of each type (in the table); RFC 3597 §4 (compression); RFC 4034 §6.2 and RFC 6840 §5.1
 * (canonical form).
 */
import { Type } from "./codes.ts";

/**
 * Parts of RDATA. Of fixed length: numbers (`type`, `time`, `algorithm` and `certificate` are numbers that
 * have names) and addresses. Others:
 * - `name`: a domain name
 * - `string`, `strings`: one character-string, or one or more up to the end (RFC 1035 §3.3)
 * - `tag`: a character-string that is not empty and written without quotes (RFC 8659 §4.1)
 * - `text`: the rest, as a quoted text
 * - `hex`, `base64`, `rest`: the rest, at least one octet; `rest` has no text of its own
 * - `salt`, `hash`: after an octet with their length (RFC 5155 §3.2); a hash is not empty
 * - `bitmap`: the type bit maps (RFC 4034 §4.1.2)
 * - `params`: SvcParams (RFC 9460 §2.2)
 * - `location`: the whole of LOC, whose form depends on its version (RFC 1876 §2)
 */
export type RdataField =
  | "u8"
  | "u16"
  | "u32"
  | "type"
  | "time"
  | "algorithm"
  | "certificate"
  | "ipv4"
  | "ipv6"
  | "eui48"
  | "eui64"
  | "node"
  | "name"
  | "string"
  | "strings"
  | "tag"
  | "text"
  | "hex"
  | "base64"
  | "rest"
  | "salt"
  | "hash"
  | "bitmap"
  | "params"
  | "location";

/** Octets of the fields whose length is fixed. */
export const FIXED_OCTETS: Partial<Record<RdataField, number>> = {
  u8: 1,
  u16: 2,
  u32: 4,
  type: 2,
  time: 4,
  algorithm: 1,
  certificate: 2,
  ipv4: 4,
  ipv6: 16,
  eui48: 6,
  eui64: 8,
  node: 8,
};

/**
 * Which compression of the names inside is possible: `both` for the types of RFC 1035, `read` for those a
 * receiver SHOULD also decompress (RFC 3597 §4), `never` for all others, where a pointer is a fault.
 */
export type Compression = "both" | "read" | "never";

export interface RdataLayout {
  readonly fields: readonly RdataField[];
  /** The same with runs of fixed fields as their octets: what walking the octets needs. */
  readonly pieces: readonly (RdataField | number)[];
  readonly compression: Compression;
  /** Whether names in it are folded in canonical form. */
  readonly foldsNames: boolean;
  /** Exact length in octets where every field is fixed, else 0. */
  readonly octets: number;
  readonly hasNames: boolean;
}

function layout(fields: string, compression: Compression = "never", foldsNames = false): RdataLayout {
  const list = fields.split(" ") as RdataField[];
  const pieces: (RdataField | number)[] = [];
  for (const field of list) {
    const octets = FIXED_OCTETS[field];
    const last = pieces.at(-1);
    if (octets === undefined) pieces.push(field);
    else if (typeof last === "number") pieces[pieces.length - 1] = last + octets;
    else pieces.push(octets);
  }
  return {
    fields: list,
    pieces,
    compression,
    foldsNames,
    octets: pieces.length === 1 && typeof pieces[0] === "number" ? pieces[0] : 0,
    hasNames: list.includes("name"),
  };
}

const NAME_OF_1035 = layout("name", "both", true);
const TWO_NAMES_OF_1035 = layout("name name", "both", true);
const CHARACTER_STRINGS = layout("strings");
const DELEGATION_SIGNER = layout("u16 algorithm u8 hex");
const PUBLIC_KEY = layout("u16 u8 algorithm base64");
const CERTIFICATE_ASSOCIATION = layout("u8 u8 u8 hex");
const SERVICE_BINDING = layout("u16 name params");

/** BOUNDED: by the types below; never written to after this. */
const LAYOUTS: ReadonlyMap<number, RdataLayout> = new Map<number, RdataLayout>([
  // RFC 1035 §3.3, §3.4
  [Type.A, layout("ipv4")],
  [Type.NS, NAME_OF_1035],
  [Type.MD, NAME_OF_1035],
  [Type.MF, NAME_OF_1035],
  [Type.CNAME, NAME_OF_1035],
  [Type.SOA, layout("name name u32 u32 u32 u32 u32", "both", true)],
  [Type.MB, NAME_OF_1035],
  [Type.MG, NAME_OF_1035],
  [Type.MR, NAME_OF_1035],
  [Type.PTR, NAME_OF_1035],
  [Type.HINFO, layout("string string")],
  [Type.MINFO, TWO_NAMES_OF_1035],
  [Type.MX, layout("u16 name", "both", true)],
  [Type.TXT, CHARACTER_STRINGS],
  // RFC 1183, RFC 1706, RFC 2535, RFC 2163, RFC 1712, RFC 1876
  [Type.RP, layout("name name", "read", true)],
  [Type.AFSDB, layout("u16 name", "read", true)],
  [Type.X25, layout("string")],
  [Type.ISDN, CHARACTER_STRINGS],
  [Type.RT, layout("u16 name", "read", true)],
  [Type["NSAP-PTR"], layout("name")],
  [Type.SIG, layout("type algorithm u8 u32 time time u16 name base64", "read", true)],
  [Type.KEY, PUBLIC_KEY],
  [Type.PX, layout("u16 name name", "read", true)],
  [Type.GPOS, layout("string string string")],
  [Type.LOC, layout("location")],
  [Type.NXT, layout("name rest", "read", true)],
  // RFC 3596, RFC 2782, RFC 3403, RFC 2230, RFC 4398, RFC 6672
  [Type.AAAA, layout("ipv6")],
  [Type.SRV, layout("u16 u16 u16 name", "read", true)],
  [Type.NAPTR, layout("u16 u16 string string string name", "read", true)],
  [Type.KX, layout("u16 name", "never", true)],
  [Type.CERT, layout("certificate u16 algorithm base64")],
  [Type.DNAME, layout("name", "never", true)],
  // RFC 4034, RFC 5155, RFC 4255, RFC 4701, RFC 6698, RFC 8162, RFC 7344, RFC 7929, RFC 7477, RFC 8976
  [Type.DS, DELEGATION_SIGNER],
  [Type.SSHFP, layout("u8 u8 hex")],
  [Type.RRSIG, layout("type algorithm u8 u32 time time u16 name base64", "never", true)],
  // RFC 6840 §5.1: names in NSEC keep their case, those in RRSIG do not.
  [Type.NSEC, layout("name bitmap")],
  [Type.DNSKEY, PUBLIC_KEY],
  [Type.DHCID, layout("base64")],
  [Type.NSEC3, layout("u8 u8 u16 salt hash bitmap")],
  [Type.NSEC3PARAM, layout("u8 u8 u16 salt")],
  [Type.TLSA, CERTIFICATE_ASSOCIATION],
  [Type.SMIMEA, CERTIFICATE_ASSOCIATION],
  [Type.CDS, DELEGATION_SIGNER],
  [Type.CDNSKEY, PUBLIC_KEY],
  [Type.OPENPGPKEY, layout("base64")],
  [Type.CSYNC, layout("u32 u16 bitmap")],
  [Type.ZONEMD, layout("u32 u8 u8 hex")],
  // RFC 9460, RFC 7208, RFC 6742, RFC 7043, RFC 7553, RFC 8659, RFC 9606, RFC 4431
  [Type.SVCB, SERVICE_BINDING],
  [Type.HTTPS, SERVICE_BINDING],
  [Type.SPF, CHARACTER_STRINGS],
  [Type.NID, layout("u16 node")],
  [Type.L32, layout("u16 ipv4")],
  [Type.L64, layout("u16 node")],
  [Type.LP, layout("u16 name")],
  [Type.EUI48, layout("eui48")],
  [Type.EUI64, layout("eui64")],
  [Type.URI, layout("u16 u16 text")],
  [Type.CAA, layout("u8 tag text")],
  [Type.AVC, CHARACTER_STRINGS],
  [Type.RESINFO, CHARACTER_STRINGS],
  [Type.DLV, DELEGATION_SIGNER],
]);

/** The layout of `type`; `undefined` where its RDATA is opaque. */
export function layoutOf(type: number): RdataLayout | undefined {
  return LAYOUTS.get(type);
}
