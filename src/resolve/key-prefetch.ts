/**
 * Fetches the keys of zones in use before their time is over, at a random moment of what is left, so that no
 * client waits for a chain of trust and no operator sees when one asked. What is fetched stands beside what is
 * there: nothing is ever extended.
 */
import type { Clock, Instant } from "../ports/clock.ts";
import type { Budget } from "../ports/exchange.ts";
import type { Name } from "../ports/message.ts";
import type { Random } from "../ports/random.ts";
import { budgetUntil } from "./budget.ts";
import type { ServeCounters } from "./serve-counters.ts";

export interface KeyPrefetchDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: Pick<ServeCounters, "prefetches" | "prefetchesSpared">;
  /** Whether one more query may leave for no client. */
  readonly mayPrefetch: () => boolean;
  renew(zone: Name, budget: Budget): Promise<void>;
  /** Told of what must not happen. */
  readonly onBug: (error: unknown) => void;
}

/** Zones whose keys wait for their moment; those above it are fetched when a client needs them. */
const MAX_PLANNED_ZONES = 256;
/** Milliseconds a renewal may take. */
const RENEWAL_TIME = 4_000;

export class KeyPrefetch {
  readonly #deps: KeyPrefetchDeps;
  /** By zone, until its keys' time is over: once is enough. BOUNDED: by `MAX_PLANNED_ZONES`. */
  readonly #planned = new Map<Name, { readonly until: Instant; readonly cancel: () => void }>();

  constructor(deps: KeyPrefetchDeps) {
    this.#deps = deps;
  }

  plan(zone: Name, expiresAt: Instant): void {
    const { clock, random } = this.#deps;
    const now = clock.now();
    const planned = this.#planned.get(zone);
    if (planned !== undefined && now < planned.until) return;
    if (this.#planned.size >= MAX_PLANNED_ZONES) this.#forget(now);
    if (this.#planned.size >= MAX_PLANNED_ZONES) return;
    const left = Math.max(1, Math.floor(expiresAt - now));
    const cancel = clock.after(random.below(left), () => {
      this.#fetch(zone);
    });
    this.#planned.set(zone, { until: expiresAt, cancel });
  }

  close(): void {
    for (const { cancel } of this.#planned.values()) cancel();
    this.#planned.clear();
  }

  #forget(now: Instant): void {
    for (const [zone, { until }] of this.#planned) if (now >= until) this.#planned.delete(zone);
  }

  #fetch(zone: Name): void {
    const { clock, counters, mayPrefetch, onBug } = this.#deps;
    if (!mayPrefetch()) {
      counters.prefetchesSpared++;
      return;
    }
    counters.prefetches++;
    this.#deps.renew(zone, budgetUntil(clock.now() + RENEWAL_TIME)).catch(onBug);
  }
}
