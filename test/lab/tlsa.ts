/** TLSA records for the lab's certificates. Source: RFC 6698 §2.1; RFC 7671 §5. */
import { createHash, X509Certificate } from "node:crypto";
import { spkiOf } from "./certificate.ts";

export interface TlsaFields {
  /** 2 names an authority, 3 the server's own certificate. */
  readonly usage: 0 | 1 | 2 | 3;
  /** 0 the whole certificate, 1 its public key. */
  readonly selector: 0 | 1;
  /** 0 the octets themselves, 1 SHA-256, 2 SHA-512. */
  readonly matching: 0 | 1 | 2;
}

/** A line for a zone of the lab: `OWNER TLSA …`, of a certificate in DER. */
export function tlsaLine(owner: string, der: Buffer, fields: TlsaFields): string {
  const rdata = tlsaRdata(der, fields);
  return `${owner} TLSA \\# ${rdata.length} ${rdata.toString("hex")}`;
}

export function tlsaRdata(der: Buffer, { usage, selector, matching }: TlsaFields): Buffer {
  const selected = selector === 0 ? der : spkiOf(new X509Certificate(der).publicKey);
  const hash = [undefined, "sha256", "sha512"][matching];
  const data = hash === undefined ? selected : createHash(hash).update(selected).digest();
  return Buffer.concat([Buffer.from([usage, selector, matching]), data]);
}
