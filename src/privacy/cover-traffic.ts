/**
 * Decoy lookups: pages that nobody visits, looked up beside and between those of clients, so that an observer of
 * the encrypted connections has to tell one from the other. What that gains is measured in `bench/privacy`.
 *
 * A decoy is a whole page of the shipped list (never a name of a client): its names, and some that other pages of
 * the list load, one after the other as a browser finds them, each with the QTYPEs that clients here ask for, and with
 * the DS and DNSKEY that validation would ask for, where there is validation. Decoys take the way of every query, so each goes to its own domain's operator and looks like any
 * other; their responses go nowhere. What a server of its own `domains` answers for, and what is answered
 * here, is no decoy. Nor is what a cache would answer: who saw a question again before its answer has
 * expired would know that one of the two was none of a client's.
 *
 * Bounded by a bucket of queries a minute, and quiet while no client asks.
 */
import type { Clock, Instant } from "../ports/clock.ts";
import { ask, exchangeOf } from "../ports/asking.ts";
import type { Budget, Exchange, Response } from "../ports/exchange.ts";
import { ResolutionError } from "../ports/fault.ts";
import type { Name } from "../ports/message.ts";
import type { Random } from "../ports/random.ts";
import { Class, Type } from "../wire/codes.ts";
import { questionKey } from "../wire/names.ts";
import { nameFromText } from "../wire/presentation.ts";
import type { DecoySite } from "./decoy-sites.ts";
import { registrableDomain } from "./registrable-domain.ts";

export type CoverLevel = "low" | "high";

interface Pace {
  /** Of a hundred visits of clients, how many get a decoy page beside them. */
  readonly besideOf100: number;
  /** Milliseconds between decoy pages while clients are quiet, on average. */
  readonly between: number;
  /** Decoy queries a minute at most; twice as many at once. */
  readonly queriesAMinute: number;
}

const PACES: Readonly<Record<CoverLevel, Pace>> = {
  low: { besideOf100: 25, between: 300_000, queriesAMinute: 60 },
  high: { besideOf100: 100, between: 20_000, queriesAMinute: 600 },
};

/** Milliseconds without a client's query after which the next one begins a visit. */
const VISIT_GAP = 1_000;
/** Client queries after which a visit that does not end counts as another. */
const VISIT_QUERIES = 25;
/** Milliseconds from a visit's first query to that of the decoy beside it, at most. */
const BESIDE_WITHIN = 300;
/** Milliseconds between the names of a page, on average: a browser finds them as it reads. */
const NAME_GAP = 40;
/** Names that a page loads beside those listed with it, at most: drawn from what other pages load. */
const MOST_EXTRAS = 16;
/** Milliseconds without a client's query after which decoys end too: nobody is at home. */
const QUIET_AFTER = 600_000;
/** Milliseconds that validation would remember DS and DNSKEY of a decoy's domain. */
const ZONE_REMEMBERED = 3_600_000;
/** Milliseconds of the budget of one decoy. */
const DECOY_TIME = 4_000;
/** Seconds that an answer counts, whatever its TTLs say: as `cache.max_ttl` has it by default. */
const MOST_TTL = 86_400;

/** QTYPEs of browsers. Which of them decoys have, and how often, is what clients here do. */
const BROWSER_TYPES = [Type.A, Type.AAAA, Type.HTTPS] as const;

export interface CoverTrafficDeps {
  /** Where every other query goes too, before any cache. */
  readonly raw: Exchange;
  readonly clock: Clock;
  readonly random: Random;
  /** Whether the name may leave: not a split-DNS server's, not answered here. */
  readonly mayLeave: (name: Name) => boolean;
  /** Whether a client that asked this (`questionKey`) now would be answered from the cache. */
  readonly isCached: (key: string) => boolean;
  /** Whether clients' names are validated, and so come with DS and DNSKEY. */
  readonly validates: boolean;
  /** Told of what must not happen. */
  readonly onBug: (error: unknown) => void;
}

export class CoverTraffic {
  readonly #pace: Pace;
  readonly #pages: readonly (readonly Name[])[];
  /** What pages load: every listed name but the pages' own. */
  readonly #extras: readonly Name[];
  readonly #deps: CoverTrafficDeps;
  /** How many decoy queries left. */
  queries = 0;
  #tokens: number;
  #tokensAt: Instant;
  #lastClientQuery = Number.NEGATIVE_INFINITY;
  #queriesOfVisit = 0;
  #typeCounts = [1, 1, 0];
  #isClosed = false;
  // BOUNDED: by the pages under way, which the bucket bounds, and one timer for the next page.
  readonly #timers = new Set<() => void>();
  #cancelNext: (() => void) | undefined;
  /** When the answer to a decoy expires, by question. BOUNDED: by the names of the shipped list, their domains, and the types. */
  readonly #freshUntil = new Map<string, Instant>();
  // BOUNDED: by the domains of the shipped list.
  readonly #zonesAsked = new Map<Name, Instant>();

  constructor(level: CoverLevel, sites: readonly DecoySite[], deps: CoverTrafficDeps) {
    this.#pace = PACES[level];
    this.#deps = deps;
    this.#pages = sites.map(({ names }) => names.map(nameFromText).filter((name) => name !== undefined));
    this.#extras = [...new Set(this.#pages.flatMap((names) => names.slice(1)))];
    this.#tokens = 2 * this.#pace.queriesAMinute;
    this.#tokensAt = deps.clock.now();
  }

  /** To be told of each query of a client that leaves. */
  onClientQuery(qtype: number): void {
    if (this.#isClosed) return;
    const now = this.#deps.clock.now();
    const type = BROWSER_TYPES.findIndex((each) => each === qtype);
    if (type >= 0) this.#typeCounts[type]! += 1;
    // Halved now and then, so that the mix follows what clients do now.
    if (this.#typeCounts[0]! > 1_000) this.#typeCounts = this.#typeCounts.map((count) => count / 2);

    const isVisit = now - this.#lastClientQuery > VISIT_GAP || ++this.#queriesOfVisit >= VISIT_QUERIES;
    this.#lastClientQuery = now;
    if (isVisit) this.#beside();
    this.#cancelNext ??= this.#planNext();
  }

  /** Ends it all; what is under way is not waited for. */
  close(): void {
    this.#isClosed = true;
    this.#cancelNext?.();
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }

  #beside(): void {
    this.#queriesOfVisit = 0;
    if (this.#deps.random.below(100) >= this.#pace.besideOf100) return;
    this.#later(this.#deps.random.below(BESIDE_WITHIN), () => {
      this.#startPage();
    });
  }

  /** The next page between visits. Ends when clients have been quiet for long. */
  #planNext(): () => void {
    return this.#deps.clock.after(this.#exponential(this.#pace.between), () => {
      this.#cancelNext = undefined;
      if (this.#deps.clock.now() - this.#lastClientQuery > QUIET_AFTER) return;
      this.#startPage();
      this.#cancelNext = this.#planNext();
    });
  }

  #startPage(): void {
    const { random } = this.#deps;
    const page = this.#pages[random.below(Math.max(1, this.#pages.length))];
    if (page === undefined) return;
    const extras = Array.from({ length: random.below(MOST_EXTRAS + 1) }, () => {
      return this.#extras[random.below(this.#extras.length)];
    });
    this.#lookUp([...new Set([...page, ...extras])], 0);
  }

  #lookUp(page: readonly (Name | undefined)[], index: number): void {
    const name = page[index];
    if (name === undefined || this.#isClosed) return;
    if (this.#deps.mayLeave(name)) this.#lookUpName(name);
    this.#later(this.#exponential(NAME_GAP), () => {
      this.#lookUp(page, index + 1);
    });
  }

  #lookUpName(name: Name): void {
    const most = Math.max(...this.#typeCounts);
    BROWSER_TYPES.forEach((qtype, i) => {
      const share = this.#typeCounts[i]! / most;
      if (this.#deps.random.below(1_000) < share * 1_000) this.#send(name, qtype);
    });
    // Without validation no name of a client comes with these: they would tell the decoys.
    if (this.#deps.validates) this.#lookUpZone(registrableDomain(name));
  }

  /** As validation does with a domain it does not know: DS, and DNSKEY where it is signed. */
  #lookUpZone(zone: Name): void {
    const now = this.#deps.clock.now();
    if (now < (this.#zonesAsked.get(zone) ?? 0)) return;
    this.#zonesAsked.set(zone, now + ZONE_REMEMBERED);
    this.#send(zone, Type.DS, (hasData) => {
      if (hasData) this.#send(zone, Type.DNSKEY);
    });
  }

  #send(qname: Name, qtype: number, then: (hasData: boolean) => void = () => undefined): void {
    const question = { qname, qtype, qclass: Class.IN };
    const key = questionKey(question);
    if (this.#isClosed || this.#isFresh(key) || !this.#takeToken()) return;
    this.queries++;
    // Until there is an answer.
    this.#freshUntil.set(key, this.#deps.clock.now() + DECOY_TIME);
    const query = { question, key, purpose: "decoy" as const };
    this.#deps.raw.exchange(query, this.#budget()).then(
      (response) => {
        this.#freshUntil.set(key, this.#deps.clock.now() + lifetimeOf(response));
        then(response.answer.some(({ type }) => type === qtype));
      },
      (error: unknown) => {
        // A decoy that fails is no loss.
        if (!(error instanceof ResolutionError)) this.#deps.onBug(error);
      },
    );
  }

  #isFresh(key: string): boolean {
    return this.#deps.clock.now() < (this.#freshUntil.get(key) ?? 0) || this.#deps.isCached(key);
  }

  #budget(): Budget {
    return {
      deadline: this.#deps.clock.now() + DECOY_TIME,
      work: { upstreamQueries: 2, verifications: 0, failedVerifications: 0, nsec3Hashes: 0 },
    };
  }

  #takeToken(): boolean {
    const now = this.#deps.clock.now();
    const { queriesAMinute } = this.#pace;
    const gained = ((now - this.#tokensAt) / 60_000) * queriesAMinute;
    this.#tokens = Math.min(2 * queriesAMinute, this.#tokens + gained);
    this.#tokensAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  #later(delay: number, task: () => void): void {
    const cancel = this.#deps.clock.after(delay, () => {
      this.#timers.delete(cancel);
      task();
    });
    this.#timers.add(cancel);
  }

  /** Milliseconds to the next event of those that come `mean` apart on average, independent of one another. */
  #exponential(mean: number): number {
    return -Math.log((this.#deps.random.below(65_535) + 1) / 65_536) * mean;
  }
}

/** Milliseconds that a cache would keep it. */
function lifetimeOf({ answer, authority }: Response): number {
  const ttls = [...answer, ...authority].map(({ ttl }) => ttl);
  return ttls.length === 0 ? 0 : Math.min(MOST_TTL, ...ttls) * 1_000;
}

/** Tells `cover` of what clients ask; changes nothing. */
export function covered(next: Exchange, cover: Pick<CoverTraffic, "onClientQuery">): Exchange {
  return exchangeOf((query, budget, landing) => {
    if (query.purpose === "client") cover.onClientQuery(query.question.qtype);
    ask(next, query, budget, landing);
  });
}
