/**
 * The lab's public-key infrastructure: an authority, its leaves good and bad, a second authority nobody
 * trusts. Made on the spot; nothing here is a secret worth keeping.
 *
 * Keys are P-256 unless RSA is asked for: an RSA-2048 key takes 50 to 300 ms to make.
 */
import { createHash, generateKeyPairSync, type KeyObject } from "node:crypto";
import { makeCertificate, pemOf, spkiOf } from "./certificate.ts";

/** The name the good leaf holds. */
export const AUTH_NAME = "dot.example.net";

const DAY_MS = 86_400_000;

export type KeyKind = "ec" | "rsa" | "ed25519";

export interface Leaf {
  /** The private key, PKCS #8 PEM. */
  readonly keyPem: string;
  /** What the server sends: leaf, then intermediates; PEM. */
  readonly chainPem: string;
  readonly der: Buffer;
  readonly key: KeyObject;
  /** `sha256/BASE64` of the SubjectPublicKeyInfo. */
  readonly pin: string;
}

export interface LeafRequest {
  readonly dnsNames?: readonly string[];
  readonly addresses?: readonly string[];
  /** Milliseconds since 1970; default a day ago. */
  readonly notBefore?: number;
  /** Milliseconds since 1970; default in 90 days. */
  readonly notAfter?: number;
  /** A kind makes a new key; a key is used again, as a renewal does. */
  readonly key?: KeyKind | KeyObject;
}

export interface AuthorityRequest {
  readonly key?: KeyKind | KeyObject;
  /** `false` makes a certificate that must not sign others but is used to. */
  readonly mayIssue?: boolean;
  readonly pathLength?: number;
}

/** Gives a new private key. */
export function makeKey(kind: KeyKind): KeyObject {
  if (kind === "rsa") return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  if (kind === "ed25519") return generateKeyPairSync("ed25519").privateKey;
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

/** `sha256/BASE64` of a key's SubjectPublicKeyInfo (the form of `pins`). */
export function pinOf(key: KeyObject): string {
  return `sha256/${createHash("sha256").update(spkiOf(key)).digest("base64")}`;
}

/** A certification authority: a root when made without a parent. */
export class Authority {
  readonly name: string;
  readonly pem: string;
  readonly der: Buffer;
  readonly pin: string;
  readonly #key: KeyObject;
  readonly #now: number;
  readonly #chain: string;
  #serial = 1;

  /** `now` is milliseconds since 1970: the middle of every default validity. */
  constructor(name: string, now: number, request: AuthorityRequest = {}, parent?: Authority) {
    this.name = name;
    this.#now = now;
    this.#key = keyOf(request.key ?? "ec");
    this.pin = pinOf(this.#key);
    this.der = makeCertificate({
      subject: name,
      subjectKey: this.#key,
      issuer: parent?.name ?? name,
      issuerKey: parent === undefined ? this.#key : parent.#key,
      notBefore: new Date(now - 365 * DAY_MS),
      notAfter: new Date(now + 3650 * DAY_MS),
      serial: parent === undefined ? 1 : parent.#nextSerial(),
      isAuthority: request.mayIssue ?? true,
      ...(request.pathLength === undefined ? {} : { pathLength: request.pathLength }),
    });
    this.pem = pemOf(this.der);
    this.#chain = parent === undefined ? "" : this.pem + parent.#chain;
  }

  /** An authority below this one; its leaves are sent with it. */
  intermediate(name: string, request: AuthorityRequest = {}): Authority {
    return new Authority(name, this.#now, request, this);
  }

  issue(request: LeafRequest = {}): Leaf {
    return this.#leaf(request, this.#key, this.#chain);
  }

  /** A leaf that names this authority and is sent with its genuine certificate, but is signed by another key. */
  forged(request: LeafRequest = {}): Leaf {
    return this.#leaf(request, makeKey("ec"), this.#chain === "" ? this.pem : this.#chain);
  }

  #leaf(request: LeafRequest, signer: KeyObject, chain: string): Leaf {
    const key = keyOf(request.key ?? "ec");
    const dnsNames = request.dnsNames ?? (request.addresses === undefined ? [AUTH_NAME] : []);
    const der = makeCertificate({
      subject: dnsNames[0] ?? "leaf without a name",
      subjectKey: key,
      issuer: this.name,
      issuerKey: signer,
      notBefore: new Date(request.notBefore ?? this.#now - DAY_MS),
      notAfter: new Date(request.notAfter ?? this.#now + 90 * DAY_MS),
      serial: this.#nextSerial(),
      dnsNames,
      addresses: request.addresses ?? [],
    });
    return {
      keyPem: key.export({ type: "pkcs8", format: "pem" }).toString(),
      chainPem: pemOf(der) + chain,
      der,
      key,
      pin: pinOf(key),
    };
  }

  #nextSerial(): number {
    this.#serial += 1;
    return this.#serial;
  }
}

export interface Pki {
  readonly authority: Authority;
  /** The trusted root, PEM: what `ca_file` holds. */
  readonly caPem: string;
  /** Holds `AUTH_NAME`, 127.0.0.1 and ::1. */
  readonly good: Leaf;
  readonly expired: Leaf;
  readonly notYetValid: Leaf;
  readonly wrongName: Leaf;
  /** From an authority of the same name that nobody trusts. */
  readonly foreign: Leaf;
  /** Signed by an intermediate, which it is sent with. */
  readonly viaIntermediate: Leaf;
  /** Sent with the genuine authority's certificate, but not signed by it. */
  readonly forged: Leaf;
}

/** Leaves are made when first asked for. `now` defaults to the real time, which TLS libraries look at. */
export function createPki(options: { key?: KeyKind | KeyObject; now?: number } = {}): Pki {
  const now = options.now ?? Date.now();
  const authority = new Authority("Sotto lab root", now, { key: options.key ?? "ec" });
  const once = new Map<string, Leaf>();
  const leaf = (name: string, make: () => Leaf): Leaf => {
    const made = once.get(name) ?? make();
    once.set(name, made);
    return made;
  };
  const both = { dnsNames: [AUTH_NAME], addresses: ["127.0.0.1", "::1"] };
  return {
    authority,
    caPem: authority.pem,
    get good() {
      return leaf("good", () => authority.issue(both));
    },
    get expired() {
      const period = { notBefore: now - 90 * DAY_MS, notAfter: now - DAY_MS };
      return leaf("expired", () => authority.issue({ ...both, ...period }));
    },
    get notYetValid() {
      const period = { notBefore: now + DAY_MS, notAfter: now + 90 * DAY_MS };
      return leaf("notYetValid", () => authority.issue({ ...both, ...period }));
    },
    get wrongName() {
      return leaf("wrongName", () => authority.issue({ dnsNames: ["other.example.net"] }));
    },
    get foreign() {
      return leaf("foreign", () => new Authority(authority.name, now).issue(both));
    },
    get viaIntermediate() {
      return leaf("viaIntermediate", () => authority.intermediate("Sotto lab intermediate").issue(both));
    },
    get forged() {
      return leaf("forged", () => authority.forged(both));
    },
  };
}

function keyOf(key: KeyKind | KeyObject): KeyObject {
  return typeof key === "string" ? makeKey(key) : key;
}
