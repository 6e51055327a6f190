/**
 * The state machine of RFC 5011: how the anchors of a zone follow its key rolls. Pure: what was seen and
 * when comes in, the next state goes out. Times are seconds on the wall clock, since hold-downs outlast
 * processes.
 *
 * Source: RFC 5011 §2, §4, §5.
 */
import type { Name } from "../ports/message.ts";
import { type Dnskey, KeyFlag, isRevoked, isSameKey, unrevoked } from "./dnskey.ts";

/** RFC 5011 §4.2. `start` is not kept: a key nobody waits for is forgotten. */
export type KeyState = "add-pend" | "valid" | "missing" | "revoked" | "removed";

export interface TrackedKey {
  /** As last seen: a revoked key with its REVOKE bit. */
  readonly key: Dnskey;
  readonly state: KeyState;
  /** When it entered the state. */
  readonly since: number;
  /** Tags of the keys that had signed the RRset in which a pending key was first seen. */
  readonly vouchers: readonly number[];
}

export interface TrustPoint {
  readonly zone: Name;
  /** BOUNDED: by `MAX_TRACKED_KEYS` and the anchors given. */
  readonly keys: readonly TrackedKey[];
  /** When the DNSKEY RRset was last seen and good; 0 for never. */
  readonly lastSuccess: number;
  /** When it is to be looked at again. */
  readonly nextProbe: number;
}

/** A DNSKEY RRset of the zone whose signatures were checked. */
export interface Sighting {
  readonly keys: readonly Dnskey[];
  /** Tags of trusted keys that signed it; empty where it is not authentic. */
  readonly signedBy: readonly number[];
  /** Keys with the REVOKE bit that signed it themselves. */
  readonly selfRevoked: readonly Dnskey[];
  readonly originalTtl: number;
  /** Until the signature that held expires. */
  readonly signatureLeft: number;
}

const HOUR = 3_600;
const DAY = 86_400;
/** RFC 5011 §2.4.1: "30 days or the expiration time of the original TTL [...], whichever is greater". */
const ADD_HOLD_DOWN = 30 * DAY;
/** RFC 5011 §2.4.2. */
const REMOVE_HOLD_DOWN = 30 * DAY;
/** RFC 5011 §2.3: between two looks, whatever TTL and signatures say. */
const LONGEST_INTERVAL = 15 * DAY;
/**
 * Keys above which none is taken up that has to wait: none makes room, since who forgets a revocation undoes it
 * (RFC 5011 §2.1). §2.4.3 asks for five; a zone that rolls its key every year fills these in a lifetime.
 */
const MAX_TRACKED_KEYS = 64;

export function newTrustPoint(zone: Name): TrustPoint {
  return { zone, keys: [], lastSuccess: 0, nextProbe: 0 };
}

/** Keys that anchor the zone: a missing key does, until it is revoked (RFC 5011 §4.2). */
export function anchoringKeys(point: TrustPoint): Dnskey[] {
  return point.keys.filter(({ state }) => state === "valid" || state === "missing").map(({ key }) => key);
}

/** Keys that must never anchor again, without their REVOKE bit where they had one. */
export function revokedKeys(point: TrustPoint): Dnskey[] {
  return point.keys.filter(({ state }) => state === "revoked" || state === "removed").map(({ key }) => key);
}

/**
 * The trust point after a sighting. `trusted` says of a key that was not tracked whether it is one of the
 * anchors the operator gave: those are valid from the start.
 */
export function afterSighting(
  point: TrustPoint,
  seen: Sighting,
  now: number,
  trusted: (key: Dnskey) => boolean,
): TrustPoint {
  const revoked = withRevocations(point.keys, seen, now, trusted);
  if (seen.signedBy.length === 0) return { ...point, keys: revoked };
  const stepped = revoked.flatMap((tracked) => stepOf(tracked, seen, now) ?? []);
  const added = newKeys(stepped, seen).map((key) => started(key, seen, now, trusted));
  const interval = clamp(Math.min(LONGEST_INTERVAL, seen.originalTtl / 2, seen.signatureLeft / 2), HOUR);
  return {
    ...point,
    keys: joined(withoutOrphans(stepped), added),
    lastSuccess: now,
    nextProbe: now + interval,
  };
}

/**
 * The trust point when the RRset could not be had or was not good (RFC 5011 §2.3: retryTime). Where nothing was seen,
 * after an hour, which is right for any TTL: a machine that is on for minutes a day would never look otherwise.
 */
export function afterFailure(point: TrustPoint, now: number, seen?: Sighting): TrustPoint {
  const wait = seen === undefined ? HOUR : Math.min(DAY, seen.originalTtl / 10, seen.signatureLeft / 10);
  return { ...point, nextProbe: now + clamp(wait, HOUR) };
}

/** Seconds until the zone is to be looked at; 0 too where a clock that ran ahead has put that off for longer than any wait is. */
export function untilProbe({ nextProbe }: TrustPoint, now: number): number {
  const wait = nextProbe - now;
  return wait > LONGEST_INTERVAL ? 0 : Math.max(0, wait);
}

function clamp(seconds: number, least: number): number {
  return Math.max(least, Math.floor(seconds));
}

/**
 * RevBit: immediate and permanent (RFC 5011 §2.1), of a key that is tracked or was given. Anybody can make another
 * that revokes itself, and nothing vouches for the RRset it comes in.
 */
function withRevocations(
  keys: readonly TrackedKey[],
  seen: Sighting,
  now: number,
  trusted: (key: Dnskey) => boolean,
): TrackedKey[] {
  const next = [...keys];
  for (const key of seen.selfRevoked) {
    const at = next.findIndex((tracked) => isSameKey(unrevoked(tracked.key), unrevoked(key)));
    const before = next[at];
    if (before === undefined) {
      if (trusted(unrevoked(key))) next.push({ key, state: "revoked", since: now, vouchers: [] });
    } else if (before.state !== "revoked" && before.state !== "removed") {
      // A pending key that is revoked was never an anchor, but must not become one either.
      next[at] = { key, state: "revoked", since: now, vouchers: [] };
    }
  }
  return next;
}

/** One row of the state table (RFC 5011 §4); `undefined` is Start. */
function stepOf(tracked: TrackedKey, seen: Sighting, now: number): TrackedKey | undefined {
  const isPresent = seen.keys.some((key) => isSameKey(unrevoked(key), unrevoked(tracked.key)));
  const to = (state: KeyState): TrackedKey => ({ ...tracked, state, since: now });
  switch (tracked.state) {
    case "add-pend": {
      if (!isPresent) return undefined; // KeyRem
      const wait = Math.max(ADD_HOLD_DOWN, seen.originalTtl);
      return now - tracked.since >= wait ? to("valid") : tracked; // AddTime
    }
    case "valid":
      return isPresent ? tracked : to("missing"); // KeyRem
    case "missing":
      return isPresent ? to("valid") : tracked; // KeyPres
    case "revoked":
      if (isPresent) return { ...tracked, since: now };
      return now - tracked.since >= REMOVE_HOLD_DOWN ? to("removed") : tracked; // RemTime
    case "removed":
      return tracked;
  }
}

/** Secure entry points that are not tracked yet (RFC 5011 §2): NewKey. */
function newKeys(tracked: readonly TrackedKey[], seen: Sighting): Dnskey[] {
  const wanted = KeyFlag.ZONE | KeyFlag.SEP;
  return seen.keys.filter(
    (key) =>
      (key.flags & wanted) === wanted &&
      !isRevoked(key) &&
      !tracked.some((known) => isSameKey(unrevoked(known.key), key)),
  );
}

function started(key: Dnskey, seen: Sighting, now: number, trusted: (key: Dnskey) => boolean): TrackedKey {
  if (trusted(key)) return { key, state: "valid", since: now, vouchers: [] };
  return { key, state: "add-pend", since: now, vouchers: seen.signedBy };
}

/** RFC 5011 §2.2: a pending key whose vouchers have all been revoked since starts anew. */
function withoutOrphans(keys: readonly TrackedKey[]): TrackedKey[] {
  const gone = new Set(
    keys
      .filter(({ state }) => state === "revoked" || state === "removed")
      .map(({ key }) => unrevoked(key).tag),
  );
  return keys.filter(
    ({ state, vouchers }) =>
      state !== "add-pend" || vouchers.length === 0 || vouchers.some((tag) => !gone.has(tag)),
  );
}

/** `added` behind those there are: anchors given in any case, keys that have to wait as far as there is room. */
function joined(keys: readonly TrackedKey[], added: readonly TrackedKey[]): TrackedKey[] {
  const known = [...keys, ...added.filter(({ state }) => state === "valid")];
  const waiting = added.filter(({ state }) => state === "add-pend");
  return [...known, ...waiting.slice(0, Math.max(0, MAX_TRACKED_KEYS - known.length))];
}
