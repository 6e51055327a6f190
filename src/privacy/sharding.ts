/**
 * Which operator may see a name: rendezvous hashing of its registrable domain, keyed with a secret salt.
 *
 * Every query at or below one registrable domain ranks the operators alike, so no second operator learns of
 * that domain while the first one works, and taking an operator away moves only the domains it had. Without
 * the salt nobody can tell which operator a household's domain goes to, nor choose a domain that goes to a
 * given one.
 *
 * It does not know servers, replicas or who is up: that is for whoever asks for the ranking.
 */
import { createHmac } from "node:crypto";
import type { Question } from "../ports/message.ts";
import { registrableDomain } from "./registrable-domain.ts";

export interface Sharding {
  /** The shard of a question: equal for all names of one registrable domain; 32 hexadecimal digits that tell nothing of it. */
  shardOf(question: Question): string;
  /** `operators`, the one that is to see the question first, then those that would take over, in order. */
  ranked(question: Question, operators: readonly string[]): readonly string[];
}

/** Registrable domains whose digest is kept: a household's few thousand. About 300 octets each. */
const KEPT_DIGESTS = 8192;

/** Octets of a digest that are used: 128 bits. */
const DIGEST_OCTETS = 16;

interface Digest {
  readonly hex: string;
  readonly words: Uint32Array;
}

/** @param salt 32 secret octets, the same after a restart. */
export function createSharding(salt: Uint8Array): Sharding {
  const shards = new Digests(salt, "shard");
  const operatorKeys = new Digests(salt, "operator");

  return {
    shardOf(question) {
      return shards.of(registrableDomain(question.qname)).hex;
    },
    ranked(question, operators) {
      const shard = shards.of(registrableDomain(question.qname));
      const weighed: { operator: string; weight: number }[] = [];
      for (const operator of operators) {
        weighed.push({ operator, weight: weightOf(shard, operatorKeys.of(operator)) });
      }
      weighed.sort((one, other) => other.weight - one.weight);
      return weighed.map((entry) => entry.operator);
    },
  };
}

/** HMAC-SHA256, remembered: making one takes 2 microseconds, finding one a twentieth of that. */
class Digests {
  readonly #salt: Uint8Array;
  readonly #use: string;
  // BOUNDED: by `KEPT_DIGESTS` in each of two generations; the older one is dropped as a whole.
  #recent = new Map<string, Digest>();
  // BOUNDED: as `#recent`.
  #older = new Map<string, Digest>();

  constructor(salt: Uint8Array, use: string) {
    this.#salt = salt;
    this.#use = use;
  }

  of(text: string): Digest {
    const known = this.#recent.get(text);
    if (known !== undefined) return known;

    const digest = this.#older.get(text) ?? this.#make(text);
    if (this.#recent.size >= KEPT_DIGESTS) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(text, digest);
    return digest;
  }

  #make(text: string): Digest {
    // The use goes first and holds no NUL, so no domain's input is an operator's.
    const input = Buffer.from(`${this.#use}\0${text}`, "latin1");
    const octets = createHmac("sha256", this.#salt).update(input).digest().subarray(0, DIGEST_OCTETS);
    const words = Uint32Array.from({ length: DIGEST_OCTETS / 4 }, (_, i) => octets.readUInt32BE(4 * i));
    return { hex: octets.toString("hex"), words };
  }
}

/**
 * The score of one operator for one shard, 0 to 2^52. Both digests are unpredictable without the salt, so a
 * plain mixing of them is enough to make scores fair and independent of one another.
 */
function weightOf(shard: Digest, operatorKey: Digest): number {
  let high = 0;
  let low = 0;
  for (let word = 0; word < shard.words.length; word++) {
    high = mixed(high ^ shard.words[word]! ^ operatorKey.words[word]!);
    low = mixed(low + high);
  }
  return (high >>> 6) * 2 ** 26 + (low >>> 6);
}

/** Spreads each bit of 32 over all (the finaliser of MurmurHash3). */
function mixed(word: number): number {
  let x = word ^ (word >>> 16);
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
