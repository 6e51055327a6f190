/** A question under way through the validator: what lands is given on with its verdict. */
import { settle } from "../ports/asking.ts";
import type { Budget, Landing, Query, Response } from "../ports/exchange.ts";

/** Gives a response its verdict, at once where nothing has to be waited for. */
export type Judge = (response: Response, query: Query, budget: Budget) => Response | Promise<Response>;

export class Judged implements Landing {
  readonly #judge: Judge;
  readonly #query: Query;
  readonly #budget: Budget;
  readonly #outside: Landing;

  constructor(judge: Judge, query: Query, budget: Budget, outside: Landing) {
    this.#judge = judge;
    this.#query = query;
    this.#budget = budget;
    this.#outside = outside;
  }

  landed(response: Response): void {
    let judged: Response | Promise<Response>;
    try {
      judged = this.#judge(response, this.#query, this.#budget);
    } catch (error) {
      this.#outside.failed(error); // A bug is this question's fault, not that of the connection it came by.
      return;
    }
    if (judged instanceof Promise) settle(judged, this.#outside);
    else this.#outside.landed(judged);
  }

  failed(error: unknown): void {
    this.#outside.failed(error);
  }
}
