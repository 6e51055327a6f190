/**
 * Keeps the anchors of one zone up to date by RFC 5011: asks for its DNSKEY RRset from time to time, checks
 * it with the keys it trusts, steps the state machine, writes the file, and puts the anchors in force.
 *
 * Source: RFC 5011 §2, §2.3.
 */
import type { Name, Rrset } from "../ports/message.ts";
import type { Clock } from "../ports/clock.ts";
import type { Exchange } from "../ports/exchange.ts";
import type { Log } from "../ports/log.ts";
import { Type } from "../wire/codes.ts";
import { type Anchors, hasAllOf, type TrustAnchor } from "./anchors.ts";
import { entryFromAnchor, judgeApexKeys } from "./apex-keys.ts";
import { writeAnchorFile } from "./anchor-file.ts";
import { isDigestOf } from "./digest.ts";
import { type Dnskey, isRevoked, isSameKey } from "./dnskey.ts";
import { askHelper } from "./helper-answer.ts";
import { FLIGHT_WORK, MAX_SIGNATURES_PER_RRSET } from "./limits.ts";
import { isSignatureOf } from "./public-key.ts";
import { signedData } from "./canonical.ts";
import { plausibleSignatures } from "./rrsets.ts";
import { type ClockSkew, DEFAULT_CLOCK_SKEW, timeFault } from "./rrsig.ts";
import { type GivenAnchor, anchorInForce, untracked } from "./trust-anchors.ts";
import { type Sighting, type TrustPoint, afterFailure, afterSighting, untilProbe } from "./trust-point.ts";
import { VerifiedMemory } from "./verify.ts";
import type { KeyStore, ZoneKey } from "./zone-key.ts";

/** Where the state is kept. */
export interface AnchorFilePort {
  /** Puts `text` in the place of the file, as a whole or not at all. */
  write(text: string): Promise<void>;
}

export interface KeeperDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly helpers: Exchange;
  readonly keys: KeyStore;
  readonly anchors: Anchors;
  readonly file: AnchorFilePort;
  /** What the file names without a state: it stays there until a key of it was seen. */
  readonly named?: TrustAnchor;
  /** Called when other keys are in force than before; with the zone where one that was is no more. */
  readonly onChange: (lost?: Name) => void;
  /** Called when the file puts other keys in force than it did: for those who read it. */
  readonly onWritten?: () => void;
  readonly skew?: ClockSkew;
}

/** Milliseconds one look at the zone may take. */
const PROBE_TIME = 10_000;
/** Milliseconds before the first look, so that a start is not slowed down by it. */
const FIRST_PROBE = 5_000;
/** Longest delay a timer is set for; longer ones are set again. */
const MAX_DELAY = 86_400_000;

export class AnchorKeeper {
  readonly #given: TrustAnchor;
  readonly #deps: KeeperDeps;
  #point: TrustPoint;
  /** Other keys are in force than the file says. */
  #isAheadOfFile = false;
  #cancel: () => void = () => undefined;
  #isStopped = false;
  /** What was warned of last. */
  #warned: string | undefined;

  constructor({ anchor, point }: GivenAnchor, deps: KeeperDeps) {
    this.#given = anchor;
    this.#point = point;
    this.#deps = deps;
  }

  get point(): TrustPoint {
    return this.#point;
  }

  /** Puts the anchors in force and starts looking at the zone. */
  start(): void {
    this.#deps.anchors.replace(this.anchor());
    this.#wait(FIRST_PROBE);
  }

  /** For good: what is being looked at is not written, since somebody else may keep the file by now. */
  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  /** What anchors the zone now. */
  anchor(): TrustAnchor {
    return anchorInForce({ anchor: this.#given, point: this.#point });
  }

  /** Looks at the zone once. Faults are logged, never thrown. */
  async probe(): Promise<void> {
    const now = Math.floor(this.#deps.clock.wall() / 1_000);
    try {
      const seen = await this.#look(now);
      if (this.#isStopped) return;
      const before = this.#point;
      const stepped =
        seen === undefined ? before : afterSighting(before, seen, now, (key) => this.#isGiven(key));
      const isGood = seen !== undefined && seen.signedBy.length > 0;
      this.#point = isGood ? stepped : afterFailure(stepped, now, seen);
      this.#inForce(before);
      if (!(await this.#write(now))) return;
      if (isGood) this.#warned = undefined;
      else this.#warn("the keys of a trust anchor's zone could not be validated; looking again later");
    } catch (error) {
      this.#point = afterFailure(this.#point, now);
      this.#warn("the keys of a trust anchor's zone could not be looked at", error);
    }
  }

  /** @returns whether the file says what is known now. */
  async #write(now: number): Promise<boolean> {
    try {
      await this.#deps.file.write(this.#text());
    } catch (error) {
      this.#point = afterFailure(this.#point, now);
      this.#warn(
        "the trust anchor file cannot be written, so that no new key is ever trusted after a restart; make it " +
          "and its directory writable for the user that Sotto runs as",
        error,
      );
      return false;
    }
    if (this.#isAheadOfFile) this.#deps.onWritten?.();
    this.#isAheadOfFile = false;
    return true;
  }

  /** Once, until all is well again: it is tried every hour. */
  #warn(text: string, error?: unknown): void {
    if (text === this.#warned) return;
    this.#warned = text;
    this.#deps.log.warn(error === undefined ? {} : { error: String(error) }, text);
  }

  #text(): string {
    const { named } = this.#deps;
    return writeAnchorFile(this.#point, named && untracked(named, this.#point));
  }

  #inForce(before: TrustPoint): void {
    const { log } = this.#deps;
    const changed = this.#point.keys.filter(
      (tracked) =>
        !before.keys.some((other) => isSameKey(other.key, tracked.key) && other.state === tracked.state),
    );
    for (const { key, state } of changed)
      log.info({ keyTag: key.tag, state }, "a trust anchor changed its state");
    if (changed.length === 0) return;
    const anchor = this.anchor();
    if (anchor.ds.length + anchor.keys.length === 0) {
      // RFC 5011 §5: "considered deleted and is treated as if the trust point was never configured".
      log.error({}, "every trust anchor of a zone is revoked: what is below it is no longer validated");
    }
    this.#deps.anchors.replace(anchor);
    this.#isAheadOfFile = true;
    const isWhole = hasAllOf(anchor, anchorInForce({ anchor: this.#given, point: before }));
    this.#deps.onChange(isWhole ? undefined : anchor.zone);
  }

  async #look(now: number): Promise<Sighting | undefined> {
    const { clock } = this.#deps;
    const budget = { deadline: clock.now() + PROBE_TIME, work: { ...FLIGHT_WORK } };
    const answer = await askHelper(this.#given.zone, Type.DNSKEY, budget, this.#deps);
    if (typeof answer === "string") return undefined;
    const rrset = answer.answer.find((each) => each.type === Type.DNSKEY && each.owner === this.#given.zone);
    if (rrset === undefined) return undefined;
    const keys = this.#deps.keys.keysOf(rrset.records);
    const entry = entryFromAnchor(this.anchor(), (algorithm) =>
      this.#deps.keys.policy.isAlgorithmUsable(algorithm),
    );
    const skew = this.#deps.skew ?? DEFAULT_CLOCK_SKEW;
    const context = { now, skew, work: budget.work, memory: new VerifiedMemory() };
    const result =
      typeof entry === "string" ? undefined : judgeApexKeys(this.#given.zone, rrset, keys, entry, context);
    const signedBy = result?.outcome === "secure" ? signersOf(rrset, result.entryKeys, now, skew) : [];
    const isSecure = result?.outcome === "secure";
    return {
      keys,
      signedBy,
      selfRevoked: keys.filter((key) => isRevoked(key) && hasSigned(rrset, key, now, skew)),
      originalTtl: isSecure ? result.signedBy.signature.originalTtl : 0,
      signatureLeft: isSecure ? result.signedBy.lifetime : 0,
    };
  }

  #isGiven(key: Dnskey): boolean {
    const { zone, ds, keys } = this.#given;
    return keys.some((other) => isSameKey(other, key)) || ds.some((each) => isDigestOf(each, zone, key));
  }

  #wait(delay: number): void {
    this.#cancel = this.#deps.clock.after(delay, () => {
      this.#tick().catch((error: unknown) => {
        this.#deps.log.error({ error: String(error) }, "the trust anchors are no longer kept up to date");
      });
    });
  }

  /** On the wall clock: a suspended machine looks as soon as it is awake. */
  async #tick(): Promise<void> {
    const wait = (): number => untilProbe(this.#point, this.#deps.clock.wall() / 1_000) * 1_000;
    if (wait() === 0) await this.probe();
    // Perhaps while the zone was looked at.
    if (this.#isStopped) return;
    this.#wait(Math.min(Math.max(wait(), 1_000), MAX_DELAY));
  }
}

function signersOf(rrset: Rrset, keys: readonly ZoneKey[], now: number, skew: ClockSkew): number[] {
  return keys.filter((key) => hasSigned(rrset, key, now, skew)).map((key) => key.tag);
}

/** Whether this very key signed the RRset, revoked or not (RFC 5011 §2.1: self-signed). */
function hasSigned(rrset: Rrset, key: ZoneKey, now: number, skew: ClockSkew): boolean {
  const { publicKey } = key;
  if (publicKey === undefined) return false;
  return plausibleSignatures(rrset)
    .filter(
      (signature) =>
        signature.keyTag === key.tag &&
        signature.algorithm === key.algorithm &&
        timeFault(signature, now, skew) === undefined,
    )
    .slice(0, MAX_SIGNATURES_PER_RRSET)
    .some((signature) => isSignatureOf(publicKey, signedData(rrset, signature), signature.octets));
}
