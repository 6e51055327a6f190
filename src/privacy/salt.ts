/**
 * The secret that decides which operator sees which registrable domain. It outlives restarts, else each
 * restart would show a domain to another operator; it can be renewed, since whoever learns which domains an
 * operator was shown on two networks could tell that both were the same household.
 *
 * Where it lies and how it gets there is the store's affair.
 */
import type { Random } from "../ports/random.ts";

/** A small secret that is kept across restarts. */
export interface SecretStore {
  /** `undefined` where there is none, or none that can be read. */
  read(): Uint8Array | undefined;
  /** Replaces it as a whole. May fail: then the secret lives as long as the process. */
  write(secret: Uint8Array): void;
}

/** Octets: the strength of HMAC-SHA256. */
export const SALT_OCTETS = 32;

/** The kept salt, or a new one that is kept from now on. */
export function keptSalt(store: SecretStore, random: Random): Uint8Array {
  const salt = store.read();
  return salt?.length === SALT_OCTETS ? salt : renewedSalt(store, random);
}

/** Puts a new salt in the place of the old one. */
export function renewedSalt(store: SecretStore, random: Random): Uint8Array {
  const salt = random.bytes(SALT_OCTETS);
  store.write(salt);
  return salt;
}
