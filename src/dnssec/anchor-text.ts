/**
 * Trust anchors as people write them: DS and DNSKEY records, and IANA's root-anchors.xml. One record that is
 * wrong makes the whole source wrong: half an anchor set is a set somebody tampered with.
 *
 * Source: RFC 4034 §2.2, §5.3 (presentation format), RFC 9718 §2 (root-anchors.xml).
 */
import type { Name, ResourceRecord } from "../ports/message.ts";
import { Class, Type } from "../wire/codes.ts";
import { isTextFault, nameFromText, recordFromText } from "../wire/presentation.ts";
import type { TrustAnchor } from "./anchors.ts";
import { type DelegationSigner, readDs } from "./digest.ts";
import { type Dnskey, KeyFlag, isRevoked, readDnskey } from "./dnskey.ts";

export interface AnchorFault {
  /** Counted from 1. */
  readonly line: number;
  readonly fault: string;
}

export type AnchorSource =
  | { readonly ok: true; readonly anchors: readonly TrustAnchor[] }
  | { readonly ok: false; readonly faults: readonly AnchorFault[] };

/** Anchors of `lines`; empty ones and comments count for nothing. */
export function anchorsFromLines(lines: readonly string[]): AnchorSource {
  const records: ResourceRecord[] = [];
  const faults: AnchorFault[] = [];
  lines.forEach((line, i) => {
    if (/^\s*(;.*)?$/.test(line)) return;
    const record = recordFromText(line.trim());
    const fault = isTextFault(record) ? record.fault : faultOf(record);
    if (fault !== undefined) faults.push({ line: i + 1, fault });
    else if (!isTextFault(record)) records.push(record);
  });
  return faults.length > 0 ? { ok: false, faults } : { ok: true, anchors: anchorsOf(records) };
}

/** What keeps a well-formed record from being an anchor. */
function faultOf({ type, class: recordClass, rdata }: ResourceRecord): string | undefined {
  if (recordClass !== Class.IN) return "the class is not IN";
  if (type === Type.DS) return readDs(rdata) === undefined ? "the DS record holds no digest" : undefined;
  if (type !== Type.DNSKEY) return "only DS and DNSKEY records are trust anchors";
  const key = readDnskey(rdata);
  if (key === undefined) return "the DNSKEY record holds no key";
  if (isRevoked(key)) return "the key is revoked";
  return (key.flags & KeyFlag.ZONE) === 0 ? "the key is no zone key" : undefined;
}

/** One anchor a zone, in the order the zones first appear. */
export function anchorsOf(records: readonly ResourceRecord[]): TrustAnchor[] {
  const zones = new Map<Name, { ds: DelegationSigner[]; keys: Dnskey[] }>();
  for (const { owner, type, rdata } of records) {
    const anchor = zones.get(owner) ?? { ds: [], keys: [] };
    zones.set(owner, anchor);
    const ds = type === Type.DS ? readDs(rdata) : undefined;
    const key = type === Type.DNSKEY ? readDnskey(rdata) : undefined;
    if (ds !== undefined) anchor.ds.push(ds);
    if (key !== undefined) anchor.keys.push(key);
  }
  return [...zones].map(([zone, anchor]) => ({ zone, ...anchor }));
}

/** Most octets of a root-anchors.xml: IANA's has about 1,000. */
const MAX_XML_OCTETS = 65_536;

/**
 * The key digests of root-anchors.xml that are valid at `now` (milliseconds since 1970). Reads exactly the
 * elements of RFC 9718 and refuses the document as a whole where one is missing or malformed. Its detached
 * signature is not checked: the file is given by the operator, who vouches for it.
 */
export function anchorsFromXml(text: string, now: number): AnchorSource {
  const broken = (fault: string): AnchorSource => ({ ok: false, faults: [{ line: 1, fault }] });
  if (text.length > MAX_XML_OCTETS) return broken("the document is too long for a list of trust anchors");
  const body = text.replace(/<!--[^]*?-->/g, "");
  const zone = nameFromText(/<Zone>\s*([^<\s]+)\s*<\/Zone>/.exec(body)?.[1] ?? "");
  if (!/<TrustAnchor\b/.test(body) || zone === undefined) return broken("no TrustAnchor with a Zone");
  const digests = [...body.matchAll(/<KeyDigest\b([^>]*)>([^]*?)<\/KeyDigest>/g)];
  if (digests.length === 0 || digests.length !== body.split("<KeyDigest").length - 1) {
    return broken("a KeyDigest is missing or not closed");
  }
  const ds: DelegationSigner[] = [];
  for (const [, attributes = "", content = ""] of digests) {
    const from = instantOf(attributes, "validFrom");
    const until = instantOf(attributes, "validUntil");
    const digest = keyDigestOf(content);
    if (from === undefined || Number.isNaN(from) || Number.isNaN(until) || digest === undefined) {
      return broken(
        "a KeyDigest lacks validFrom, KeyTag, Algorithm, DigestType or Digest, or they are malformed",
      );
    }
    if (from <= now && (until === undefined || now < until)) ds.push(digest);
  }
  return ds.length > 0
    ? { ok: true, anchors: [{ zone, ds, keys: [] }] }
    : broken("no KeyDigest is valid today");
}

/** `undefined` where the attribute is not there, NaN where it is no time. */
function instantOf(attributes: string, name: string): number | undefined {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1];
  return value === undefined ? undefined : Date.parse(value);
}

function keyDigestOf(content: string): DelegationSigner | undefined {
  const field = (name: string, form: string): string | undefined =>
    new RegExp(`<${name}>\\s*(${form})\\s*</${name}>`).exec(content)?.[1];
  const numbers = [
    field("KeyTag", "\\d{1,5}"),
    field("Algorithm", "\\d{1,3}"),
    field("DigestType", "\\d{1,3}"),
  ];
  const [keyTag = Number.NaN, algorithm = Number.NaN, digestType = Number.NaN] = numbers.map(Number);
  const digest = Buffer.from(field("Digest", "(?:[0-9A-Fa-f]{2})+") ?? "", "hex");
  if (!(keyTag <= 0xffff && algorithm <= 0xff && digestType <= 0xff) || digest.length === 0) return undefined;
  return { keyTag, algorithm, digestType, digest };
}
