import { describe, expect, it } from "vitest";
import type { Budget, Exchange, Query, Response } from "../../../src/ports/exchange.ts";
import { ResolutionError } from "../../../src/ports/fault.ts";
import type { TraceStep } from "../../../src/ports/trace.ts";
import { budgetUntil } from "../../../src/resolve/budget.ts";
import { released } from "../../../src/resolve/released.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";
import { keyOf, name, question, response } from "../../support/records.ts";
import { SeededRandom } from "../../support/seeded-random.ts";

const PROBE = "probe.example";
const UNREACHABLE = new ResolutionError("upstream-unreachable", "no upstream can be reached");
const BY_UPSTREAM = response({ upstream: "upstream" });
const BY_NETWORK = response({ upstream: "network" });

/** One way, of which the test says when it ends, and how. */
class Way implements Exchange {
  readonly asked: Query[] = [];
  readonly #open: { resolve: (response: Response) => void; reject: (error: unknown) => void }[] = [];

  exchange(query: Query): Promise<Response> {
    this.asked.push(query);
    return new Promise((resolve, reject) => this.#open.push({ resolve, reject }));
  }

  async lands(response: Response): Promise<void> {
    for (const { resolve } of this.#open.splice(0)) resolve(response);
    await settle();
  }

  async fails(error: unknown = UNREACHABLE): Promise<void> {
    for (const { reject } of this.#open.splice(0)) reject(error);
    await settle();
  }
}

function rig(isOpen: boolean) {
  const clock = new ManualClock();
  const usual = new Way();
  const network = new Way();
  const state = { isOpen, holds: true };
  const exchange = released(usual, network, {
    clock,
    random: new SeededRandom(),
    mayLeave: ({ qname }) => qname === name(PROBE),
    window: { isOpen: () => state.isOpen, holds: () => state.isOpen && state.holds },
    most: 4,
  });
  const told: string[] = [];
  const ask = (qname = PROBE, purpose: Query["purpose"] = "client", trace?: Budget["trace"]): void => {
    const budget = budgetUntil(clock.now() + 4_000, trace);
    exchange.ask({ question: question(qname), key: keyOf(qname), purpose }, budget, {
      landed: ({ upstream }) => told.push(upstream),
      failed: (error) => told.push(error instanceof ResolutionError ? error.fault : String(error)),
    });
  };
  return { clock, usual, network, state, told, ask };
}

describe("a probe name while no upstream can be reached", () => {
  it("is answered by the network, and asked for the usual way all the same", async () => {
    const { usual, network, told, ask } = rig(true);
    ask();
    await network.lands(BY_NETWORK);
    await usual.fails();

    expect([usual.asked.length, network.asked.length, told]).toEqual([1, 1, ["network"]]);
  });

  it("is the network's to answer as soon as that is found out, while the usual way is still open", async () => {
    const { clock, usual, network, state, told, ask } = rig(false);
    ask();
    clock.advance(1_500);
    const before = network.asked.length;
    state.isOpen = true;
    clock.advance(250);
    await network.lands(BY_NETWORK);

    expect([before, network.asked.length, usual.asked.length, told]).toEqual([0, 1, 1, ["network"]]);
    expect(clock.pending).toBe(0);
  });

  it("is the network's to answer where that is found out by the usual way's fault", async () => {
    const { usual, network, state, told, ask } = rig(false);
    ask();
    state.isOpen = true;
    await usual.fails();
    await network.lands(BY_NETWORK);

    expect(told).toEqual(["network"]);
  });

  it("is answered by an upstream where that is first", async () => {
    const { clock, usual, network, told, ask } = rig(true);
    ask();
    await usual.lands(BY_UPSTREAM);
    await network.lands(BY_NETWORK);

    expect([told, clock.pending]).toEqual([["upstream"], 0]);
  });

  it("is not the network's to answer any more once an upstream answers something", async () => {
    const { usual, network, state, told, ask } = rig(true);
    ask();
    state.holds = false;
    await network.lands(BY_NETWORK);
    const before = [...told];
    await usual.lands(BY_UPSTREAM);

    expect([before, told]).toEqual([[], ["upstream"]]);
  });

  it.each(["first", "last"])(
    "fails as usual where the network says nothing, the usual way %s",
    async (order) => {
      const { clock, usual, network, told, ask } = rig(true);
      ask();
      if (order === "first") await usual.fails();
      await network.fails();
      if (order === "last") await usual.fails();

      expect([told, clock.pending]).toEqual([["upstream-unreachable"], 0]);
    },
  );

  it("fails in time where the network keeps silent", async () => {
    const { clock, usual, network, told, ask } = rig(true);
    ask();
    await usual.fails();
    clock.advance(3_999);
    const before = [...told];
    clock.advance(1);
    await network.lands(BY_NETWORK);

    expect([before, told]).toEqual([[], ["upstream-unreachable"]]);
  });

  it("fails at once when the program stops", async () => {
    const { clock, usual, told, ask } = rig(true);
    ask();
    await usual.fails(new ResolutionError("stopped", "the resolver is stopping"));

    expect([told, clock.pending]).toEqual([["stopped"], 0]);
  });

  it("is asked of the network once where the usual way fails before anything can be waited for", async () => {
    const network = new Way();
    const refusing: Exchange = {
      exchange: () => Promise.reject(UNREACHABLE),
      ask: (_query, _budget, landing) => {
        landing.failed(UNREACHABLE);
      },
    };
    const clock = new ManualClock();
    const exchange = released(refusing, network, {
      clock,
      random: new SeededRandom(),
      mayLeave: () => true,
      window: { isOpen: () => true, holds: () => true },
      most: 4,
    });
    const query: Query = { question: question(PROBE), key: keyOf(PROBE), purpose: "client" };
    const landed = exchange.exchange(query, budgetUntil(clock.now() + 4_000));
    await network.lands(BY_NETWORK);

    expect([(await landed).upstream, network.asked.length, clock.pending]).toEqual(["network", 1, 0]);
  });

  it("is asked of the network once for all who ask meanwhile", async () => {
    const { usual, network, told, ask } = rig(true);
    ask();
    ask();
    ask(PROBE, "operator");
    await network.lands(BY_NETWORK);

    expect([usual.asked.length, network.asked.length]).toEqual([1, 1]);
    expect(told).toEqual(["network", "network", "network"]);
  });

  it("is told of by explain", () => {
    const { ask } = rig(true);
    const steps: TraceStep[] = [];
    ask(PROBE, "operator", { add: (step) => steps.push(step) });

    expect(steps.map(({ stage, text }) => `${stage}: ${text}`)).toEqual([
      "portal: a probe name, and no upstream can be reached: for the network's own resolver",
    ]);
  });
});

describe("the network", () => {
  it("is not asked for a probe name while an upstream can be reached", async () => {
    const { clock, usual, network, told, ask } = rig(false);
    ask();
    clock.advance(3_000);
    await usual.fails();

    expect([network.asked, told, clock.pending]).toEqual([[], ["upstream-unreachable"], 0]);
  });

  it("is asked for no other name", async () => {
    const { clock, usual, network, told, ask } = rig(true);
    ask("www.example");
    clock.advance(3_000);
    await usual.fails();

    expect([network.asked, told]).toEqual([[], ["upstream-unreachable"]]);
  });

  it.each(["helper", "refresh", "decoy"] as const)("is asked for no %s", async (purpose) => {
    const { usual, network, told, ask } = rig(true);
    ask(PROBE, purpose);
    await usual.fails();

    expect([network.asked, told]).toEqual([[], ["upstream-unreachable"]]);
  });
});
