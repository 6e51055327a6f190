/**
 * A zone's DNSKEYs ready to verify with. Public keys are kept across zones' refreshes, since making one
 * costs as much as a verification.
 */
import type { ResourceRecord } from "../ports/message.ts";
import { type Dnskey, readDnskey } from "./dnskey.ts";
import { Generations } from "./generations.ts";
import { MAX_DNSKEYS_PER_ZONE } from "./limits.ts";
import { type OpenSslByName, type PublicKey, publicKeyOf } from "./public-key.ts";

export interface ZoneKey extends Dnskey {
  /** `undefined` where the algorithm is not usable or the key is odd. */
  readonly publicKey: PublicKey | undefined;
}

/** Which keys may be used: policy and this build's OpenSSL. */
export interface KeyPolicy {
  readonly minRsaBits: number;
  isAlgorithmUsable(algorithm: number): boolean;
}

/** Twice as many keys are kept at most; a zone has two or three. */
const KEPT_KEYS = 1_024;

export class KeyStore {
  readonly #policy: KeyPolicy;
  readonly #byName: OpenSslByName | undefined;
  /** BOUNDED: by 2,048 keys. */
  readonly #kept = new Generations<string, ZoneKey>(KEPT_KEYS);

  constructor(policy: KeyPolicy, byName?: OpenSslByName) {
    this.#policy = policy;
    this.#byName = byName;
  }

  get policy(): KeyPolicy {
    return this.#policy;
  }

  /** The keys of a DNSKEY RRset, at most 32, each once. */
  keysOf(records: readonly ResourceRecord[]): ZoneKey[] {
    const keys: ZoneKey[] = [];
    for (const record of records) {
      if (keys.length === MAX_DNSKEYS_PER_ZONE) break;
      const key = this.#keyOf(record.rdata);
      if (key !== undefined && !keys.includes(key)) keys.push(key);
    }
    return keys;
  }

  #keyOf(rdata: Uint8Array): ZoneKey | undefined {
    const id = Buffer.from(rdata.buffer, rdata.byteOffset, rdata.length).toString("latin1");
    const known = this.#kept.get(id);
    if (known !== undefined) return known;
    // A copy, so that a kept key does not keep the whole message it came in.
    const dnskey = readDnskey(Uint8Array.from(rdata));
    if (dnskey === undefined) return undefined;
    const { policy } = this;
    const usable = policy.isAlgorithmUsable(dnskey.algorithm);
    const publicKey = usable ? publicKeyOf(dnskey, policy.minRsaBits, this.#byName) : undefined;
    const key = { ...dnskey, publicKey };
    this.#kept.set(id, key);
    return key;
  }
}
