/**
 * The verification of OpenSSL that Node's `crypto.verify` comes to, called by its name in this process. Around it Node makes a
 * job, a hold on the key, a digest and a context for each signature. Here a key has one context, made once.
 *
 * Nothing here is needed: where a function is missing, or OpenSSL cannot say, Node is asked (`frequent.ts`).
 *
 * Source: OpenSSL, `EVP_PKEY_verify`, `d2i_PUBKEY` and `ERR_clear_error`; RFC 3279 §2.2.3 (Ecdsa-Sig-Value).
 */
import { type KeyObject, hash } from "node:crypto";
import type { Koffi } from "../ports/koffi.ts";
import { nativeCalls } from "./native-calls.ts";
import { type P256Tables, p256Tables } from "./p256-tables.ts";

/** Pointers are numbers, 0 where there is nothing. What succeeds gives 1. */
export interface OpenSslCalls {
  d2i_PUBKEY(out: null, der: readonly [Buffer], octets: number): number;
  EVP_PKEY_free(key: number): void;
  EVP_PKEY_CTX_new(key: number, engine: number): number;
  EVP_PKEY_CTX_free(context: number): void;
  EVP_PKEY_verify_init(context: number): number;
  EVP_get_digestbyname(name: string): number;
  EVP_PKEY_CTX_set_signature_md(context: number, digest: number): number;
  EVP_PKEY_verify(
    context: number,
    signature: Uint8Array,
    octets: number,
    digest: Uint8Array,
    digestOctets: number,
  ): number;
  ERR_clear_error(): void;
}

const DEFINITIONS = [
  "uintptr_t d2i_PUBKEY(void *out, const void **der, long octets)",
  "void EVP_PKEY_free(uintptr_t key)",
  "uintptr_t EVP_PKEY_CTX_new(uintptr_t key, uintptr_t engine)",
  "void EVP_PKEY_CTX_free(uintptr_t context)",
  "int EVP_PKEY_verify_init(uintptr_t context)",
  "uintptr_t EVP_get_digestbyname(const char *name)",
  "int EVP_PKEY_CTX_set_signature_md(uintptr_t context, uintptr_t digest)",
  "int EVP_PKEY_verify(uintptr_t context, const void *signature, size_t octets, const void *digest, size_t digestOctets)",
  "void ERR_clear_error()",
];

/** What a context is made of. */
export interface ContextKey {
  readonly key: KeyObject;
  /** Node's name of the hash that is signed. */
  readonly hash: string;
  /** ECDSA's; `undefined` for RSA. */
  readonly curve: "P-256" | "P-384" | undefined;
}

/** Contexts at a time, each some KiB that V8 does not see. A key that comes later stays with Node. */
const MAX_CONTEXTS = 1_024;

/** One for each koffi: what is defined with it stays so. `undefined` where this Node lets nobody call its OpenSSL by name. */
const known = new WeakMap<Koffi, OpenSsl | undefined>();

/** `undefined` where there is none. */
export function openSsl(koffi: Koffi): OpenSsl | undefined {
  if (!known.has(koffi)) known.set(koffi, found(koffi));
  return known.get(koffi);
}

function found(koffi: Koffi): OpenSsl | undefined {
  try {
    return new OpenSsl(nativeCalls<OpenSslCalls>(koffi, DEFINITIONS), p256Tables(koffi));
  } catch {
    return undefined;
  }
}

export class OpenSsl {
  readonly tables: P256Tables | undefined;
  readonly #calls: OpenSslCalls;
  /** A context goes with the last that can use it. */
  readonly #freeing: FinalizationRegistry<number>;
  /** Contexts that are not freed yet. BOUNDED: by `MAX_CONTEXTS`. */
  #contexts = 0;

  constructor(calls: OpenSslCalls, tables?: P256Tables) {
    this.#calls = calls;
    this.tables = tables;
    this.#freeing = new FinalizationRegistry((pointer) => {
      calls.EVP_PKEY_CTX_free(pointer);
      this.#contexts--;
    });
  }

  /** `undefined` where OpenSSL makes none for this key, or there are enough. */
  contextFor(key: ContextKey): Context | undefined {
    if (this.#contexts >= MAX_CONTEXTS) return undefined;
    const pointer = this.#pointerFor(key);
    this.#calls.ERR_clear_error();
    if (pointer === 0) return undefined;
    const context = new Context(this.#calls, pointer, key);
    this.#freeing.register(context, pointer);
    this.#contexts++;
    return context;
  }

  /** 0 where there is none. */
  #pointerFor({ key, hash: name }: ContextKey): number {
    const calls = this.#calls;
    const der = key.export({ type: "spki", format: "der" });
    const pkey = calls.d2i_PUBKEY(null, [der], der.length);
    if (pkey === 0) return 0;
    const context = calls.EVP_PKEY_CTX_new(pkey, 0);
    calls.EVP_PKEY_free(pkey); // The context has its own hold on it.
    if (context === 0) return 0;
    const digest = calls.EVP_get_digestbyname(name);
    const isReady =
      digest !== 0 &&
      calls.EVP_PKEY_verify_init(context) === 1 &&
      calls.EVP_PKEY_CTX_set_signature_md(context, digest) === 1;
    if (isReady) return context;
    calls.EVP_PKEY_CTX_free(context);
    return 0;
  }
}

/** The longest signature in DER that is built here: two numbers of P-384, each with a tag, a length and a zero. */
const DER = Buffer.alloc(2 + 2 * (3 + 48));

/** One key, ready to verify with. */
export class Context {
  readonly #calls: OpenSslCalls;
  readonly #pointer: number;
  readonly #key: ContextKey;

  constructor(calls: OpenSslCalls, pointer: number, key: ContextKey) {
    this.#calls = calls;
    this.#pointer = pointer;
    this.#key = key;
  }

  /**
   * Whether `octets`, of the length that this key's signatures have, is its signature of `data`; `undefined` where OpenSSL
   * could not find out.
   */
  holds(data: Uint8Array, octets: Uint8Array): boolean | undefined {
    const { hash: name, curve } = this.#key;
    const digest = hash(name, data, "buffer");
    // ECDSA's is two numbers side by side (RFC 6605 §4), which OpenSSL wants in DER.
    const signature = curve === undefined ? octets : DER;
    const length = curve === undefined ? octets.length : writeEcdsaSignature(octets, DER);
    const result = this.#calls.EVP_PKEY_verify(this.#pointer, signature, length, digest, digest.length);
    if (result === 1) return true;
    // What went wrong is not to stand in the way of the next who asks OpenSSL for its errors: TLS.
    this.#calls.ERR_clear_error();
    return result === 0 ? false : undefined;
  }
}

/**
 * Writes `Ecdsa-Sig-Value`, of the numbers r and s that `octets` holds side by side, at the start of `out`.
 * @returns octets written.
 */
export function writeEcdsaSignature(octets: Uint8Array, out: Uint8Array): number {
  const half = octets.length >> 1;
  let at = writeInteger(octets, 0, half, out, 2);
  at = writeInteger(octets, half, octets.length, out, at);
  out[0] = 0x30; // SEQUENCE
  out[1] = at - 2; // Below 128 for every curve here.
  return at;
}

/** An INTEGER in as few octets as it needs, with a zero before a first bit that would make it negative. */
function writeInteger(octets: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  let from = start;
  while (from < end - 1 && octets[from] === 0) from++;
  const sign = octets[from]! >> 7;
  out[at] = 0x02;
  out[at + 1] = end - from + sign;
  let to = at + 2;
  if (sign === 1) out[to++] = 0;
  while (from < end) out[to++] = octets[from++]!;
  return to;
}
