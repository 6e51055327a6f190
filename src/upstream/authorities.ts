/**
 * The certificate authorities to trust: a server's `ca_file`, else the system's bundle, else the one that comes
 * with Node. An edge: reads the system's bundle, once, when first needed.
 */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";

/** Where systems keep their bundle: Debian and most others, Fedora, then macOS, BSD and Alpine. */
const BUNDLES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/cert.pem",
] as const;
/** Under each of the three names that OpenSSL reads a certificate by. */
const CERTIFICATE = /-----BEGIN ((?:TRUSTED |X509 )?CERTIFICATE)-----[^-]+-----END \1-----/g;

export class Authorities {
  readonly #bundles: readonly string[];
  /** `null`: there is none, and Node's is used. */
  #system: string | null | undefined;

  constructor(bundles: readonly string[] = BUNDLES) {
    this.#bundles = bundles;
  }

  /** PEM for OpenSSL; `undefined`: its built-in ones. */
  pem(ca: string | undefined): string | undefined {
    if (ca !== undefined) return ca;
    this.#system ??= this.#bundles.map(read).find((text) => text !== null) ?? null;
    return this.#system ?? undefined;
  }

  /** The same as certificates: takes milliseconds, for the rare path that is built here. */
  certificates(ca: string | undefined): X509Certificate[] {
    const pem = this.pem(ca);
    const texts = pem === undefined ? rootCertificates : (pem.match(CERTIFICATE) ?? []);
    return texts.flatMap((text) => certificateOf(text) ?? []);
  }
}

function read(path: string): string | null {
  try {
    const text = readFileSync(path, "utf8");
    return text.includes("BEGIN CERTIFICATE") ? text : null;
  } catch {
    return null;
  }
}

/** `undefined` where OpenSSL cannot read it. */
export function certificateOf(der: Buffer | string): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
}
