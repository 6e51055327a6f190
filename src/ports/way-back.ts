/**
 * Stages that let every question pass and act when the response comes back. Those that follow one another share
 * one object a question: a promise for each would be a third of what a miss costs in this process.
 */
import { ask, promised } from "./asking.ts";
import type { Budget, Exchange, Landing, Query, Response } from "./exchange.ts";
import type { ResolutionError } from "./fault.ts";

export interface Stage {
  /** A fault to give at once instead of asking. */
  refuses?(query: Query, budget: Budget): ResolutionError | undefined;
  /** A number that holds when the question leaves, for `landed`. Of the stages in a row one may have it. */
  mark?(): number;
  /** What becomes of the response. */
  landed(response: Response, query: Query, budget: Budget, mark: number): Response;
  /** There is none; `error` goes on to who asked. */
  failed?(error: unknown, query: Query): void;
}

/** `next` with `stage` around it. */
export function onWayBack(next: Exchange, stage: Stage): Required<Exchange> {
  return next instanceof WayBack ? next.around(stage) : new WayBack(next, [stage]);
}

class WayBack implements Exchange {
  readonly #next: Exchange;
  /** The innermost first. BOUNDED: by the stages there are. */
  readonly #stages: readonly Stage[];
  readonly #marking: Stage | undefined;

  constructor(next: Exchange, stages: readonly Stage[]) {
    this.#next = next;
    this.#stages = stages;
    const marking = stages.filter(({ mark }) => mark !== undefined);
    if (marking.length > 1) throw new Error("of the stages in a row one may have a mark");
    this.#marking = marking[0];
  }

  around(stage: Stage): WayBack {
    return new WayBack(this.#next, [...this.#stages, stage]);
  }

  exchange(query: Query, budget: Budget): Promise<Response> {
    return promised(this.ask, query, budget);
  }

  readonly ask = (query: Query, budget: Budget, landing: Landing): void => {
    const stages = this.#stages;
    for (let i = stages.length - 1; i >= 0; i--) {
      const refusal = stages[i]!.refuses?.(query, budget);
      if (refusal === undefined) continue;
      // Those outside of the stage that refused learn of it as of any fault.
      for (const stage of stages.slice(i + 1)) stage.failed?.(refusal, query);
      landing.failed(refusal);
      return;
    }
    const mark = this.#marking?.mark?.() ?? 0;
    ask(this.#next, query, budget, new Passage(stages, query, budget, mark, landing));
  };
}

/** One question under way inside a row of stages. */
class Passage implements Landing {
  readonly #stages: readonly Stage[];
  readonly #query: Query;
  readonly #budget: Budget;
  readonly #mark: number;
  readonly #outside: Landing;

  constructor(stages: readonly Stage[], query: Query, budget: Budget, mark: number, outside: Landing) {
    this.#stages = stages;
    this.#query = query;
    this.#budget = budget;
    this.#mark = mark;
    this.#outside = outside;
  }

  landed(first: Response): void {
    const stages = this.#stages;
    let response = first;
    try {
      for (let i = 0; i < stages.length; i++) {
        response = stages[i]!.landed(response, this.#query, this.#budget, this.#mark);
      }
    } catch (error) {
      this.failed(error); // A bug of a stage is this question's fault, not that of the connection it came by.
      return;
    }
    this.#outside.landed(response);
  }

  failed(error: unknown): void {
    const stages = this.#stages;
    for (let i = 0; i < stages.length; i++) stages[i]!.failed?.(error, this.#query);
    this.#outside.failed(error);
  }
}
