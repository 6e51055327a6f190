/**
 * Stages that let every question pass and act when the response comes back. Those that follow one another share
 * one promise: a promise of its own for each would be a third of what a miss costs in this process.
 */
import type { Budget, Exchange, Query, Response } from "../ports/exchange.ts";
import type { ResolutionError } from "../ports/fault.ts";

export interface Stage {
  /** A fault to give at once instead of asking. */
  refuses?(query: Query, budget: Budget): ResolutionError | undefined;
  /** What becomes of the response. */
  landed(response: Response, query: Query, budget: Budget): Response;
  /** There is none; `error` goes on to who asked. */
  failed?(error: unknown, query: Query): void;
}

/** `next` with `stage` around it. */
export function onWayBack(next: Exchange, stage: Stage): Exchange {
  return next instanceof WayBack ? next.around(stage) : new WayBack(next, [stage]);
}

class WayBack implements Exchange {
  readonly #next: Exchange;
  /** The innermost first. BOUNDED: by the stages there are. */
  readonly #stages: readonly Stage[];

  constructor(next: Exchange, stages: readonly Stage[]) {
    this.#next = next;
    this.#stages = stages;
  }

  around(stage: Stage): WayBack {
    return new WayBack(this.#next, [...this.#stages, stage]);
  }

  exchange(query: Query, budget: Budget): Promise<Response> {
    const stages = this.#stages;
    for (let i = stages.length - 1; i >= 0; i--) {
      const refusal = stages[i]!.refuses?.(query, budget);
      if (refusal !== undefined) return this.#refused(refusal, query, i);
    }
    return this.#next.exchange(query, budget).then(
      (first) => {
        let response = first;
        for (let i = 0; i < stages.length; i++) response = stages[i]!.landed(response, query, budget);
        return response;
      },
      (error: unknown) => {
        for (let i = 0; i < stages.length; i++) stages[i]!.failed?.(error, query);
        throw error;
      },
    );
  }

  /** Those outside of the stage that refused learn of it as of any fault. */
  #refused(refusal: ResolutionError, query: Query, by: number): Promise<never> {
    for (const stage of this.#stages.slice(by + 1)) stage.failed?.(refusal, query);
    return Promise.reject(refusal);
  }
}
