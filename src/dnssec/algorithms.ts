/**
 * Which DNSSEC algorithms this process can and may use. An algorithm that is not usable makes a zone
 * insecure, never bogus and never an exception (RFC 4035 §5.2).
 *
 * Source: IANA "DNS Security Algorithm Numbers" (RFC 9904 moved the requirements there from RFC 8624),
 * RFC 9905 (SHA-1), RFC 9906 (GOST); RFC 5702, RFC 6605, RFC 8080.
 */
import { Algorithm } from "../wire/codes.ts";

export type SigningScheme =
  | { readonly family: "rsa"; readonly hash: string; readonly minBits: number }
  | {
      readonly family: "ecdsa";
      readonly hash: string;
      readonly curve: "P-256" | "P-384";
      readonly octets: number;
    }
  | {
      readonly family: "eddsa";
      readonly hash: null;
      readonly curve: "Ed25519" | "Ed448";
      readonly keyOctets: number;
      readonly signatureOctets: number;
    };

/** BOUNDED: by the algorithms below; never written to after this. */
const SCHEMES: ReadonlyMap<number, SigningScheme> = new Map<number, SigningScheme>([
  // RFC 3110 §2, RFC 5702 §2: shortest moduli in bits; `minRsaBits` of the configuration is the usual bound.
  [Algorithm.RSASHA1, { family: "rsa", hash: "sha1", minBits: 512 }],
  [Algorithm["RSASHA1-NSEC3-SHA1"], { family: "rsa", hash: "sha1", minBits: 512 }],
  [Algorithm.RSASHA256, { family: "rsa", hash: "sha256", minBits: 512 }],
  [Algorithm.RSASHA512, { family: "rsa", hash: "sha512", minBits: 1024 }],
  [Algorithm.ECDSAP256SHA256, { family: "ecdsa", hash: "sha256", curve: "P-256", octets: 32 }],
  [Algorithm.ECDSAP384SHA384, { family: "ecdsa", hash: "sha384", curve: "P-384", octets: 48 }],
  [Algorithm.ED25519, { family: "eddsa", hash: null, curve: "Ed25519", keyOctets: 32, signatureOctets: 64 }],
  [Algorithm.ED448, { family: "eddsa", hash: null, curve: "Ed448", keyOctets: 57, signatureOctets: 114 }],
]);

/** How `algorithm` signs; `undefined` where this program does not know how. */
export function schemeOf(algorithm: number): SigningScheme | undefined {
  return SCHEMES.get(algorithm);
}

const TEXTS: ReadonlyMap<number, string> = new Map(
  Object.entries(Algorithm).map(([text, code]) => [code, text]),
);

/** The registry's mnemonic, or the number where there is none. */
export function algorithmToText(algorithm: number): string {
  return TEXTS.get(algorithm) ?? String(algorithm);
}
