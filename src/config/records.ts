/**
 * Records and trust anchors of the configuration file, from presentation format.
 *
 * Source: RFC 1035 §5.1 (master files), RFC 4034 §2.3 and §5.3 (DNSKEY and DS), RFC 5011 §3 (revoked keys).
 */
import type { ResourceRecord } from "../ports/message.ts";
import { Class, Type } from "../wire/codes.ts";
import { isTextFault, recordFromText } from "../wire/presentation.ts";
import { Wrong } from "./addresses.ts";

/** Flags of a DNSKEY (RFC 4034 §2.1.1, RFC 5011 §7). */
const ZONE_KEY = 0x0100;
const REVOKED = 0x0080;

/** Octets of a digest by its type (RFC 4034, 4509, 6605). */
const DIGEST_OCTETS: Readonly<Record<number, number>> = { 1: 20, 2: 32, 4: 48 };

export function parseRecord(line: string): ResourceRecord | Wrong {
  const record = recordFromText(line);
  if (isTextFault(record)) return new Wrong(`is not a record: ${record.fault}`);
  if (record.class !== Class.IN) return new Wrong("is of another class than IN");
  return isMetaType(record.type) ? new Wrong("is of a type that only questions have") : record;
}

/** Types of questions and of transport, which no zone holds (RFC 6895 §3.1): OPT, and 128 to 255. */
function isMetaType(type: number): boolean {
  return type === Type.OPT || (type >= 128 && type <= 255);
}

/** A DS or DNSKEY that validation can start from. */
export function parseTrustAnchor(line: string): ResourceRecord | Wrong {
  const record = parseRecord(line);
  if (record instanceof Wrong) return record;
  if (record.type === Type.DS) return wrongDigest(record) ?? record;
  if (record.type !== Type.DNSKEY) return new Wrong("is a record of another type");
  const flags = ((record.rdata[0] ?? 0) << 8) | (record.rdata[1] ?? 0);
  if ((flags & ZONE_KEY) === 0) return new Wrong("is not a zone key (flag 256 is not set)");
  return (flags & REVOKED) === 0
    ? record
    : new Wrong("is a revoked key (flag 128 is set), which anchors nothing");
}

function wrongDigest(record: ResourceRecord): Wrong | undefined {
  const type = record.rdata[3] ?? 0;
  const octets = record.rdata.length - 4;
  const expected = DIGEST_OCTETS[type];
  if (expected === undefined)
    return new Wrong(`has digest type ${type}, which is not supported (1, 2 and 4 are)`);
  return octets === expected
    ? undefined
    : new Wrong(`has a digest of ${octets} octets, and type ${type} has ${expected}`);
}
