/**
 * One X.509 certificate of the lab. node-forge lays out the names, dates and extensions; the public key
 * and the signature are put in by node:crypto, because forge knows RSA only and is slow at it.
 *
 * Source: RFC 5280 §4.1, §4.2.1; RFC 5758 §3.2 (ECDSA algorithm identifiers have no parameters).
 */
import { createHash, createPublicKey, sign, type KeyObject } from "node:crypto";
import forge from "node-forge";

const { asn1, pki } = forge;

const SHA256_WITH_RSA = "1.2.840.113549.1.1.11";
const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
const SUBJECT_KEY_IDENTIFIER = "2.5.29.14";

export interface CertificateRequest {
  /** Common name of the subject; the names that count are `dnsNames` and `addresses`. */
  readonly subject: string;
  readonly subjectKey: KeyObject;
  readonly issuer: string;
  /** Signs; RSA or P-256. */
  readonly issuerKey: KeyObject;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly serial: number;
  readonly dnsNames?: readonly string[];
  readonly addresses?: readonly string[];
  /** Basic constraints CA:TRUE and the right to sign certificates. */
  readonly isAuthority?: boolean;
  readonly pathLength?: number;
}

/** The certificate in DER. */
export function makeCertificate(request: CertificateRequest): Buffer {
  const certificate = pki.createCertificate();
  // Stands in until the real SubjectPublicKeyInfo is put in its place below.
  certificate.publicKey = pki.rsa.setPublicKey(
    new forge.jsbn.BigInteger("35"),
    new forge.jsbn.BigInteger("3"),
  );
  // The leading digit keeps it positive and free of padding octets.
  certificate.serialNumber = `4${request.serial.toString(16).padStart(7, "0")}`;
  certificate.validity.notBefore = request.notBefore;
  certificate.validity.notAfter = request.notAfter;
  certificate.setSubject([{ shortName: "CN", value: request.subject }]);
  certificate.setIssuer([{ shortName: "CN", value: request.issuer }]);
  certificate.setExtensions(extensionsOf(request));
  certificate.siginfo.algorithmOid = certificate.signatureOid = SHA256_WITH_RSA;
  certificate.signature = "";

  const tbs = childrenOf(pki.certificateToAsn1(certificate))[0] as forge.asn1.Asn1;
  const algorithm = algorithmIdentifier(request.issuerKey);
  childrenOf(tbs)[2] = algorithm;
  childrenOf(tbs)[6] = asn1.fromDer(spkiOf(request.subjectKey).toString("latin1"));
  const signature = sign("sha256", derOf(tbs), request.issuerKey).toString("latin1");
  const signatureBits = asn1.create(asn1.Class.UNIVERSAL, asn1.Type.BITSTRING, false, `\0${signature}`);
  return derOf(sequence([tbs, algorithm, signatureBits]));
}

/** SubjectPublicKeyInfo of a private or public key, DER. */
export function spkiOf(key: KeyObject): Buffer {
  return (key.type === "public" ? key : createPublicKey(key)).export({ type: "spki", format: "der" });
}

export function pemOf(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function extensionsOf(request: CertificateRequest): object[] {
  const authority = request.isAuthority ?? false;
  const altNames = [
    ...(request.dnsNames ?? []).map((value) => ({ type: 2, value })),
    ...(request.addresses ?? []).map((ip) => ({ type: 7, ip })),
  ];
  return [
    {
      name: "basicConstraints",
      critical: true,
      cA: authority,
      ...(request.pathLength === undefined ? {} : { pathLenConstraint: request.pathLength }),
    },
    authority
      ? { name: "keyUsage", critical: true, keyCertSign: true, cRLSign: true }
      : { name: "keyUsage", critical: true, digitalSignature: true },
    ...(authority ? [] : [{ name: "extKeyUsage", serverAuth: true }]),
    ...(altNames.length === 0 ? [] : [{ name: "subjectAltName", altNames }]),
    { id: SUBJECT_KEY_IDENTIFIER, value: octetString(keyIdentifier(request.subjectKey)) },
    { name: "authorityKeyIdentifier", keyIdentifier: keyIdentifier(request.issuerKey) },
  ];
}

function keyIdentifier(key: KeyObject): string {
  return createHash("sha1").update(spkiOf(key)).digest().toString("latin1");
}

function algorithmIdentifier(key: KeyObject): forge.asn1.Asn1 {
  const rsa = key.asymmetricKeyType === "rsa";
  const oid = asn1.oidToDer(rsa ? SHA256_WITH_RSA : ECDSA_WITH_SHA256).getBytes();
  const parts = [asn1.create(asn1.Class.UNIVERSAL, asn1.Type.OID, false, oid)];
  if (rsa) parts.push(asn1.create(asn1.Class.UNIVERSAL, asn1.Type.NULL, false, ""));
  return sequence(parts);
}

function sequence(parts: forge.asn1.Asn1[]): forge.asn1.Asn1 {
  return asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, parts);
}

function octetString(octets: string): forge.asn1.Asn1 {
  return asn1.create(asn1.Class.UNIVERSAL, asn1.Type.OCTETSTRING, false, octets);
}

function childrenOf(node: forge.asn1.Asn1): forge.asn1.Asn1[] {
  return node.value as forge.asn1.Asn1[];
}

function derOf(node: forge.asn1.Asn1): Buffer {
  return Buffer.from(asn1.toDer(node).getBytes(), "latin1");
}
