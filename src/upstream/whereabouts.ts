/**
 * The addresses of a server that has to be looked up, kept up to date while it is in use. Old addresses hold until
 * there are new ones: a look-up that fails takes nothing away. Those of one family are used before the other one's
 * come: a resolver may never answer for one of the two.
 *
 * Source: RFC 9462 §4.1 (refresh at the TTL); RFC 8767 §4 has the same thought for answers; RFC 8305 §3 and §4.
 */
import { isIPv6 } from "node:net";
import type { Clock, Instant } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { AddressAndPort, ServerOptions } from "./options.ts";

export interface Found {
  /** At least one. */
  readonly addresses: readonly AddressAndPort[];
  /** Seconds. */
  readonly ttl: number;
}

/** Takes what is found before all of it is. */
export type Begin = (some: readonly AddressAndPort[]) => void;

/** Looks once; or why nothing was found. Never rejects. */
export type Find = (begin: Begin) => Promise<Found | string>;

/** Addresses that were found, by what had to be looked up. */
export type KnownPlaces = ReadonlyMap<string, readonly AddressAndPort[]>;

/** What is looked up for a server; `undefined` where its addresses are given. */
export function lookedUpFor({ host, discover }: ServerOptions): string | undefined {
  if (host !== undefined) return `host ${host.name} ${host.port}`;
  return discover === undefined ? undefined : `discover ${discover.address} ${discover.port}`;
}

export interface WhereaboutsDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** The server's label. */
  readonly server: string;
  readonly find: Find;
  readonly onFound: (addresses: readonly AddressAndPort[], now: Instant) => void;
}

/** Seconds between two look-ups, whatever the TTL says. */
const MIN_TTL = 30;
/** Seconds. */
const MAX_TTL = 86_400;
/** Milliseconds before a look-up that failed is tried again, doubled each time. */
const FIRST_RETRY_MS = 1_000;
/** Milliseconds. */
const MAX_RETRY_MS = 60_000;
/** Milliseconds that addresses of IPv4 wait for those of IPv6: RFC 8305 §3, Resolution Delay. */
const RESOLUTION_DELAY_MS = 50;
/** Addresses of one server that are used. */
const MAX_FOUND = 16;

export class Whereabouts {
  readonly #deps: WhereaboutsDeps;
  #isLooking = false;
  /** The look-up under way was made where we are no more. */
  #isOutdated = false;
  #dueAt: Instant = Number.NEGATIVE_INFINITY;
  /** When a look-up last found something. */
  #foundAt: Instant = Number.NEGATIVE_INFINITY;
  #retry = FIRST_RETRY_MS;
  #isStopped = false;
  #cancelJoin: () => void = () => undefined;
  /** BOUNDED: by `MAX_FOUND`. */
  #addresses: readonly AddressAndPort[] = [];
  /** Why the last look-up found nothing; `undefined` where it did, or none was made. */
  fault: string | undefined;

  constructor(deps: WhereaboutsDeps) {
    this.#deps = deps;
  }

  /** The first look-up has no result yet. */
  get isPending(): boolean {
    return this.#isLooking && this.fault === undefined && this.#dueAt === Number.NEGATIVE_INFINITY;
  }

  /** Looks again if it is time to. */
  tend(now: Instant): void {
    if (this.#isLooking || this.#isStopped || now < this.#dueAt) return;
    this.#isLooking = true;
    this.#isOutdated = false;
    this.#look().catch((error: unknown) => {
      this.#failed(error instanceof Error ? error.message : String(error));
    });
  }

  /** Another network, or a sleep: what was found may not hold here. It is used until there is something better. */
  doubt(): void {
    this.#isOutdated = this.#isLooking;
    if (this.#dueAt === Number.NEGATIVE_INFINITY) return;
    this.#dueAt = 0;
    this.#retry = FIRST_RETRY_MS;
  }

  /** Nobody answers where it was found: it may have moved, and the TTL is not waited for. */
  missed(): void {
    if (this.fault === undefined) this.#dueAt = Math.min(this.#dueAt, this.#foundAt + MIN_TTL * 1_000);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelJoin();
  }

  async #look(): Promise<void> {
    const { clock, find, log, server } = this.#deps;
    let isWhole = false;
    let begun: readonly AddressAndPort[] = [];
    const join = (): void => {
      if (!isWhole && !this.#isStopped) this.#use([...begun, ...this.#addresses]);
    };
    const found = await find((some) => {
      begun = [...some, ...begun];
      this.#cancelJoin();
      if (some.some(({ address }) => isIPv6(address))) join();
      else this.#cancelJoin = clock.after(RESOLUTION_DELAY_MS, join);
    });
    isWhole = true;
    this.#cancelJoin();
    if (this.#isStopped) return;
    if (typeof found === "string") {
      this.#failed(found);
      return;
    }
    const now = clock.now();
    this.#isLooking = false;
    this.#foundAt = now;
    this.#retry = FIRST_RETRY_MS;
    this.#dueAt = this.#isOutdated ? now : now + Math.min(Math.max(found.ttl, MIN_TTL), MAX_TTL) * 1_000;
    if (this.fault !== undefined) log.info({ upstream: server }, "upstream found again");
    this.fault = undefined;
    this.#use(found.addresses);
  }

  #use(addresses: readonly AddressAndPort[]): void {
    const { clock, onFound } = this.#deps;
    this.#addresses = usableOf(addresses);
    onFound(this.#addresses, clock.now());
  }

  #failed(fault: string): void {
    const { clock, log, server } = this.#deps;
    this.#isLooking = false;
    this.#dueAt = clock.now() + this.#retry;
    this.#retry = Math.min(2 * this.#retry, MAX_RETRY_MS);
    if (this.fault === fault) return;
    this.fault = fault;
    log.warn({ upstream: server, detail: fault }, "upstream cannot be found");
  }
}

/**
 * What of a look-up is used, whoever answered it and with how much. Where there are too many, each family has its half
 * of the places as far as it fills them: a network that carries only one of the two is reached by that one (RFC 8305 §4).
 */
export function usableOf(addresses: readonly AddressAndPort[]): AddressAndPort[] {
  const all = distinct(addresses);
  if (all.length <= MAX_FOUND) return all;
  const ipv6 = all.filter(({ address }) => isIPv6(address));
  const ipv4 = all.filter(({ address }) => !isIPv6(address));
  const half = MAX_FOUND / 2;
  const placesOf6 = Math.min(ipv6.length, Math.max(half, MAX_FOUND - ipv4.length));
  return [...ipv6.slice(0, placesOf6), ...ipv4.slice(0, MAX_FOUND - placesOf6)];
}

/** Each once: one that is there twice would be given twice the connections. */
export function distinct(addresses: readonly AddressAndPort[]): AddressAndPort[] {
  return [...new Map(addresses.map((each) => [`${each.address} ${each.port}`, each])).values()];
}
