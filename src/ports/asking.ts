/** The two ways to ask an `Exchange`, each made of the other. */
import type { Budget, Exchange, Landing, Query, Response } from "./exchange.ts";

export type Ask = (query: Query, budget: Budget, landing: Landing) => void;

/** Asks without a promise where `exchange` can do without. */
export function ask(exchange: Exchange, query: Query, budget: Budget, landing: Landing): void {
  if (exchange.ask !== undefined) exchange.ask(query, budget, landing);
  else settle(exchange.exchange(query, budget), landing);
}

/** Tells `landing` what becomes of a promise. */
export function settle(promise: Promise<Response>, landing: Landing): void {
  promise.then(
    (response) => {
      landing.landed(response);
    },
    (error: unknown) => {
      landing.failed(error);
    },
  );
}

/** An exchange whose own way is the one without promises. */
export function exchangeOf(own: Ask): Required<Exchange> {
  return {
    ask: own,
    exchange: (query, budget) => promised(own, query, budget),
  };
}

/** For those who want a promise all the same. */
export function promised(own: Ask, query: Query, budget: Budget): Promise<Response> {
  return new Promise((resolve, reject) => {
    own(query, budget, { landed: resolve, failed: reject });
  });
}
