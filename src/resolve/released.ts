/**
 * The way out of a captive portal: the system's own probes, and nothing else, are answered by the network's resolver
 * while no upstream can be reached, so that the system finds the portal and shows it.
 *
 * A probe takes the usual way too, at once and whatever happens here: that finds out whether an upstream is back, and
 * if one is, its response is the answer. What the network says stands beside that way, outside of everything that keeps
 * a response or a failure, and outside of the flights of the usual way: nobody but those who ask for a probe gets it,
 * and nobody later.
 */
import { ask, exchangeOf } from "../ports/asking.ts";
import type { Clock } from "../ports/clock.ts";
import type { Budget, Exchange, Landing, Query, Response } from "../ports/exchange.ts";
import { ResolutionError } from "../ports/fault.ts";
import type { Question } from "../ports/message.ts";
import type { Random } from "../ports/random.ts";
import { Flights } from "./coalesced.ts";
import type { PortalWindow } from "./portal-window.ts";

export interface ReleasedDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** Whether the rules let this question go there at all. */
  readonly mayLeave: (question: Question) => boolean;
  readonly window: Pick<PortalWindow, "isOpen" | "holds">;
  /** Most questions that `mayLeave` is true for. */
  readonly most: number;
}

/** Milliseconds between two looks whether the upstreams turn out to be out of reach. */
const LOOK_MS = 250;

/** @param network asks the network's own resolver. */
export function released(next: Exchange, network: Exchange, deps: ReleasedDeps): Required<Exchange> {
  const { clock, random, most } = deps;
  const racing = exchangeOf((query, budget, landing) => {
    new Race({ query, budget, landing, network, deps }).start(next);
  });
  const races = new Flights(racing, { clock, random }, { maxFlights: most });
  return exchangeOf((query, budget, landing) => {
    if (isForSomebody(query) && deps.mayLeave(query.question)) races.ask(query, budget, landing);
    else ask(next, query, budget, landing);
  });
}

/** What is asked for nobody would tell the network that it was asked for before. */
function isForSomebody({ purpose }: Query): boolean {
  return purpose === "client" || purpose === "operator";
}

interface Entrant {
  readonly query: Query;
  readonly budget: Budget;
  readonly landing: Landing;
  readonly network: Exchange;
  readonly deps: ReleasedDeps;
}

/** One probe on both ways. */
class Race {
  readonly #entrant: Entrant;
  #isOver = false;
  #network: "unasked" | "asked" | "failed" = "unasked";
  /** Of the usual way, once that has failed. */
  #fault: { readonly error: unknown } | undefined;
  #cancel: () => void = () => undefined;

  constructor(entrant: Entrant) {
    this.#entrant = entrant;
  }

  start(usual: Exchange): void {
    const { query, budget } = this.#entrant;
    ask(usual, query, budget, {
      landed: (response) => {
        this.#land(response);
      },
      failed: (error) => {
        this.#usualFailed(error);
      },
    });
    this.#look();
  }

  #usualFailed(error: unknown): void {
    this.#fault = { error };
    const isStopped = error instanceof ResolutionError && error.fault === "stopped";
    if (isStopped || this.#isLate() || this.#network === "failed") this.#fail(error);
    else this.#look();
  }

  /** Asks the network if it is time for that, or looks again later while the usual way is open. */
  #look(): void {
    const { clock, window } = this.#entrant.deps;
    // The usual way may have ended already, and looked.
    if (this.#isOver || this.#network !== "unasked") return;
    this.#cancel();
    if (window.isOpen()) this.#askNetwork();
    else if (this.#fault !== undefined) this.#fail(this.#fault.error);
    else {
      this.#cancel = clock.after(LOOK_MS, () => {
        this.#look();
      });
    }
  }

  #askNetwork(): void {
    const { query, budget, network, deps } = this.#entrant;
    const { clock, window } = deps;
    this.#network = "asked";
    const text = "a probe name, and no upstream can be reached: for the network's own resolver";
    budget.trace?.add({ at: clock.now(), stage: "portal", text });
    this.#cancel = clock.after(Math.max(0, budget.deadline - clock.now()), () => {
      if (this.#fault !== undefined) this.#fail(this.#fault.error);
    });
    ask(network, query, budget, {
      landed: (response) => {
        // Once an upstream has answered anything, the usual way brings what is true.
        if (window.holds()) this.#land(response);
        else this.#networkFailed();
      },
      failed: () => {
        this.#networkFailed();
      },
    });
  }

  /** The usual way may still bring something. */
  #networkFailed(): void {
    this.#network = "failed";
    if (this.#fault !== undefined) this.#fail(this.#fault.error);
  }

  #isLate(): boolean {
    const { budget, deps } = this.#entrant;
    return deps.clock.now() >= budget.deadline;
  }

  #land(response: Response): void {
    if (this.#end()) this.#entrant.landing.landed(response);
  }

  #fail(error: unknown): void {
    if (this.#end()) this.#entrant.landing.failed(error);
  }

  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#cancel();
    return true;
  }
}
