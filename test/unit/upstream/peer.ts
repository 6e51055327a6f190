/** Peers as a handshake shows them, made of the lab's leaves. */
import { X509Certificate } from "node:crypto";
import type { Identity } from "../../../src/upstream/dial-target.ts";
import type { Peer } from "../../../src/upstream/identity.ts";
import { AUTH_NAME, type Leaf } from "../../lab/pki.ts";

/** `chainError` is OpenSSL's verdict on the chain; absent: it holds. */
export function peerOf(leaf: Leaf, chainError?: string): Peer {
  const [first, ...others] = certificatesOf(leaf.chainPem);
  return { leaf: first!, others, chainError };
}

export function certificatesOf(pem: string): X509Certificate[] {
  const texts = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return texts.map((text) => new X509Certificate(text));
}

export function identityOf(more: Partial<Identity> = {}): Identity {
  return {
    authName: AUTH_NAME,
    pins: [],
    pinPolicy: "name_and_pin",
    dane: false,
    ca: undefined,
    isRequired: true,
    ...more,
  };
}
