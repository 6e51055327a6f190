import { describe, expect, it } from "vitest";
import type { Budget, Exchange, Query, Response } from "../../../src/ports/exchange.ts";
import { budgetUntil } from "../../../src/resolve/budget.ts";
import { clockGuarded } from "../../../src/resolve/clock-guarded.ts";
import { Class, Type } from "../../../src/wire/codes.ts";
import { isAtOrBelow, questionKey } from "../../../src/wire/names.ts";
import { nameFromText } from "../../../src/wire/presentation.ts";

const BUDGET: Budget = budgetUntil(10_000);

function named(text: string) {
  const name = nameFromText(text);
  if (name === undefined) throw new Error(`${text} is no name`);
  return name;
}

function queryFor(text: string): Query {
  const question = { qname: named(text), qtype: Type.A, qclass: Class.IN };
  return { question, key: questionKey(question), purpose: "client" };
}

function answering(upstream: string): Exchange {
  const response: Response = {
    rcode: 0,
    answer: [],
    authority: [],
    verdict: "secure",
    errors: [],
    upstream,
  };
  return { exchange: () => Promise.resolve(response) };
}

function guarded(isClockWrong: boolean): Exchange {
  return clockGuarded(answering("judged"), answering("unjudged"), {
    isClockWrong: () => isClockWrong,
    isTimeServer: (qname) => isAtOrBelow(qname, named("pool.example.org")),
  });
}

describe("while the clock is provably wrong [D75]", () => {
  it("a time server's name is answered, unjudged and for a second", async () => {
    const response = await guarded(true).exchange(queryFor("2.pool.example.org"), BUDGET);

    expect(response).toMatchObject({ upstream: "unjudged", verdict: "insecure", maxLifetime: 1 });
  });

  it("any other name is refused for the moment, not called bogus (RFC 8914 §4.15)", async () => {
    await expect(guarded(true).exchange(queryFor("www.example.com"), BUDGET)).rejects.toMatchObject({
      fault: "not-ready",
    });
  });
});

describe("while nothing speaks against the clock", () => {
  it.each(["www.example.com", "2.pool.example.org"])("%s is judged", async (name) => {
    const response = await guarded(false).exchange(queryFor(name), BUDGET);

    expect(response).toMatchObject({ upstream: "judged", verdict: "secure" });
    expect(response).not.toHaveProperty("maxLifetime");
  });
});
