import { describe, expect, it } from "vitest";
import type { TraceStep } from "../../../src/ports/trace.ts";
import { answered, answeringAll, type Welcome } from "../../support/simulated-network.ts";
import { kinds, Simulation } from "../../support/simulation.ts";

const A = "192.0.2.1";
const B = "192.0.2.2";
const C = "192.0.2.3";
const SERVFAIL = answeringAll(2);
const REFUSED = answeringAll(5);

/** Odd names belong to the first operator, even ones to the last. */
const OF_FIRST = 1;

describe("SERVFAIL or REFUSED from one server", () => {
  it.each([
    ["SERVFAIL", SERVFAIL],
    ["REFUSED", REFUSED],
  ])("is not the client's problem where a replica knows better: %s", async (_what, answer) => {
    const simulation = new Simulation({ operators: { one: [A, B] } });
    simulation.network.peer(A).answer = answer;

    await simulation.stream(20, 50);
    await simulation.land();

    expect(kinds(simulation.fates)).toEqual({ right: 20 });
  });

  it("has the replica dialled at once that knows better, not the one that said so again", async () => {
    const simulation = new Simulation({ operators: { one: [A, B] } });
    simulation.network.peer(A).answer = SERVFAIL;

    const fate = await simulation.one(OF_FIRST);

    // Two handshakes of 40 ms, two answers of 20.
    expect(fate).toMatchObject({ kind: "right", took: 120 });
    expect(simulation.network.peer(A).dials).toBe(1);
  });

  it("reaches the client when every replica says so, each asked once", async () => {
    const simulation = new Simulation({ operators: { one: [A, B] } });
    for (const address of [A, B]) simulation.network.peer(address).answer = SERVFAIL;

    const fate = await simulation.one(OF_FIRST);

    expect(fate.kind).toBe("servfail");
    expect(simulation.network.peer(A).queries.length + simulation.network.peer(B).queries.length).toBe(2);
  });

  it("reaches the client when the replica gives no answer in time", async () => {
    const simulation = new Simulation({ operators: { one: [A, B] } });
    simulation.network.peer(A).answer = SERVFAIL;
    simulation.network.peer(B).welcome = "ignores";

    const fate = await simulation.one(OF_FIRST);

    expect(fate.kind).toBe("servfail");
    expect(fate.took).toBeLessThan(1_700);
  });

  it.each([
    ["down", "servfail", 0],
    ["never", "servfail", 0],
    ["servfail", "right", 1],
  ] as const)(
    "shows the name to another operator as `shard_failover` says: %s",
    async (shardFailover, kind, queriesThere) => {
      const simulation = new Simulation({
        operators: { one: [A, C], other: [B] },
        upstream: { shardFailover },
      });
      for (const address of [A, C]) simulation.network.peer(address).answer = SERVFAIL;

      const fate = await simulation.one(OF_FIRST);

      expect(fate.kind).toBe(kind);
      expect(simulation.network.peer(B).queries).toHaveLength(queriesThere);
      expect(simulation.upstreams.counters.shardFailovers).toBe(queriesThere);
    },
  );

  it("goes to the next server where servers are not kept apart", async () => {
    const simulation = new Simulation({
      operators: { one: [A], other: [B] },
      upstream: { selection: "failover" },
    });
    simulation.network.peer(A).answer = SERVFAIL;

    expect(await simulation.one(1)).toMatchObject({ kind: "right", upstream: B });
  });
});

describe("SERVFAIL from an operator of which one address is dead", () => {
  /** Of the first operator. */
  const FAILING = 99;

  function household(welcome: Welcome): Simulation {
    const simulation = new Simulation({ operators: { one: [A, C], other: [B] } });
    simulation.network.peer(C).welcome = welcome;
    const failing = `\x03q${FAILING}`;
    simulation.network.peer(A).answer = (query, nth) =>
      query.includes(failing) ? SERVFAIL(query, nth) : answered(query);
    return simulation;
  }

  it.each([
    ["refuses", 200],
    ["ignores", 1_600],
  ] as const)("shows no name to another operator: it %s", async (welcome, longest) => {
    const simulation = household(welcome);
    await simulation.one(OF_FIRST);

    const failing = await simulation.one(FAILING);
    const next = await simulation.stream(10, 100);
    const after = await simulation.one(OF_FIRST);

    expect(failing.kind).toBe("servfail");
    expect(failing.took).toBeLessThan(longest);
    expect(next.filter(({ serial }) => serial % 2 === 1).every(({ upstream }) => upstream === A)).toBe(true);
    expect(after).toMatchObject({ kind: "right", upstream: A });
    expect(simulation.upstreams.counters.shardFailovers).toBe(0);
  });

  it("comes at once where the address is known to be dead", async () => {
    const simulation = household("refuses");
    await simulation.one(FAILING);

    expect(await simulation.one(FAILING)).toMatchObject({ kind: "servfail", took: 20 });
  });

  it("goes on to another operator without waiting where the user allows that", async () => {
    const simulation = new Simulation({
      operators: { one: [A, C], other: [B] },
      upstream: { shardFailover: "servfail" },
    });
    simulation.network.peer(A).answer = SERVFAIL;
    simulation.network.peer(C).welcome = "refuses";

    const fate = await simulation.one(OF_FIRST);

    expect(fate).toMatchObject({ kind: "right", upstream: B });
    expect(fate.took).toBeLessThan(300);
  });
});

describe("an operator that gives no answer at all", () => {
  it.each(["down", "servfail"] as const)(
    "is left for another after a second: `%s`",
    async (shardFailover) => {
      const simulation = new Simulation({ operators: { one: [A], other: [B] }, upstream: { shardFailover } });
      simulation.network.peer(A).welcome = "ignores";

      const fate = await simulation.one(OF_FIRST);

      expect(fate).toMatchObject({ kind: "right", upstream: B });
      expect(fate.took).toBeGreaterThan(900);
      expect(fate.took).toBeLessThan(1_500);
      expect(simulation.upstreams.counters.shardFailovers).toBe(1);
    },
  );

  it("is left then too where it takes connection after connection, and has never answered on any", async () => {
    const simulation = new Simulation({ operators: { one: [A], other: [B] } });
    simulation.network.peer(A).isSilent = true;

    const fate = await simulation.one(OF_FIRST);

    expect(simulation.network.peer(A).dials).toBeGreaterThan(1);
    expect(fate).toMatchObject({ kind: "right", upstream: B });
    expect(fate.took).toBeGreaterThan(900);
    expect(fate.took).toBeLessThanOrEqual(1_500);
  });

  it("is not left where the user said never", async () => {
    const simulation = new Simulation({
      operators: { one: [A], other: [B] },
      upstream: { shardFailover: "never" },
    });
    simulation.network.peer(A).welcome = "ignores";

    const fate = await simulation.one(OF_FIRST);

    expect(fate.kind).toBe("upstream-unreachable");
    expect(simulation.network.peer(B).dials).toBe(0);
  });
});

describe("a name that takes its time", () => {
  it("is not shown to another operator while the connection answers a question of our own", async () => {
    const simulation = new Simulation({ operators: { one: [A], other: [B] } });
    await simulation.stream(10, 100);
    const slow = `\x02q7`;
    simulation.network.peer(A).thinking = (query) => (query.includes(slow) ? 3_000 : 0);
    const before = simulation.network.peer(B).queries.length;

    const fate = await simulation.one(7);

    expect(fate).toMatchObject({ kind: "right", upstream: A });
    expect(simulation.network.peer(B).queries).toHaveLength(before);
    expect(simulation.upstreams.counters.shardFailovers).toBe(0);
  });

  it("costs no connection", async () => {
    const simulation = new Simulation({ operators: { one: [A] } });
    // Long enough for the spare.
    await simulation.stream(20, 200);
    simulation.network.peer(A).thinking = (query) => (query.includes(`\x02q7`) ? 3_500 : 0);
    const { dials } = simulation.network.peer(A);

    const fate = await simulation.one(7);

    expect(fate.kind).toBe("right");
    expect(simulation.network.peer(A).dials).toBe(dials);
    expect(simulation.upstreams.snapshot()[0]?.addresses[0]?.health).toBe("up");
  });

  it("is asked of a replica too", async () => {
    const simulation = new Simulation({ operators: { one: [A, B] } });
    await simulation.stream(30, 100);
    const first = simulation.fates.at(-1)?.upstream ?? A;
    simulation.network.peer(first).thinking = (query) => (query.includes(`\x04q999`) ? 3_500 : 0);
    const fate = simulation.ask(999);
    // Other answers come all the while: the connection is well.
    await simulation.stream(30, 100);
    await simulation.land();

    expect(fate).toMatchObject({ kind: "right", upstream: first === A ? B : A });
    expect(fate.took).toBeLessThan(1_700);
  });
});

describe("a response that comes after its query was sent elsewhere", () => {
  it("still counts", async () => {
    const simulation = new Simulation({ operators: { one: [A, B] } });
    await simulation.stream(10, 100);
    const { upstream = A } = simulation.fates.at(-1) ?? {};
    const other = upstream === A ? B : A;
    simulation.network.peer(upstream).thinking = () => 600;
    simulation.network.peer(other).thinking = () => 2_000;

    const fate = await simulation.one(101);

    expect(fate).toMatchObject({ kind: "right", upstream });
    expect(fate.took).toBeLessThan(700);
  });
});

describe("a query that is to avoid a server", () => {
  it("goes to its replica", async () => {
    const simulation = new Simulation({ operators: { one: [A, B] } });

    for (let i = 0; i < 5; i++) {
      expect(await simulation.one(i, { avoid: A })).toMatchObject({ kind: "right", upstream: B });
    }
  });

  it("goes over a fresh connection where there is no other that may see it", async () => {
    const simulation = new Simulation({ operators: { one: [A], other: [B] } });
    await simulation.one(OF_FIRST);
    const { dials } = simulation.network.peer(A);

    const fate = await simulation.one(OF_FIRST, { avoid: A });

    expect(fate).toMatchObject({ kind: "right", upstream: A });
    expect(simulation.network.peer(A).dials).toBe(dials + 1);
    expect(simulation.network.peer(B).dials).toBe(0);
  });

  it.each(["refuses", "ignores", "hangs-up"] as const)(
    "takes the open connection where a fresh one does not come soon: it %s",
    async (welcome) => {
      const simulation = new Simulation({ operators: { one: [A], other: [B] } });
      await simulation.one(OF_FIRST);
      simulation.network.peer(A).welcome = welcome;

      const fate = await simulation.one(OF_FIRST, { avoid: A });
      const next = await simulation.one(OF_FIRST);

      expect(fate).toMatchObject({ kind: "right", upstream: A });
      expect(fate.took).toBeLessThan(400);
      expect(next).toMatchObject({ kind: "right", upstream: A, took: 20 });
      expect(simulation.network.peer(B).dials).toBe(0);
    },
  );

  it.each([
    ["refuses", 400],
    ["ignores", 1_650],
  ] as const)("is not shown to another operator for want of a replica: it %s", async (welcome, longest) => {
    const simulation = new Simulation({ operators: { one: [A, C], other: [B] } });
    simulation.network.peer(C).welcome = welcome;
    await simulation.one(OF_FIRST);

    const fate = await simulation.one(OF_FIRST, { avoid: A });

    expect(fate).toMatchObject({ kind: "right", upstream: A });
    expect(fate.took).toBeLessThan(longest);
    expect(simulation.network.peer(B).dials).toBe(0);
  });

  it("leaves an operator that has gone meanwhile, and takes any connection of the other", async () => {
    const simulation = new Simulation({ operators: { one: [A], other: [B] } });
    await simulation.stream(4, 50);
    simulation.network.peer(A).vanish();
    const { dials } = simulation.network.peer(B);

    const fate = await simulation.one(OF_FIRST, { avoid: A });

    expect(fate).toMatchObject({ kind: "right", upstream: B });
    expect(fate.took).toBeLessThan(2_000);
    expect(simulation.network.peer(B).dials).toBe(dials);
  });

  it("goes to another operator where servers are not kept apart", async () => {
    const simulation = new Simulation({
      operators: { one: [A], other: [B] },
      upstream: { selection: "failover" },
    });

    expect(await simulation.one(1, { avoid: A })).toMatchObject({ kind: "right", upstream: B });
  });
});

describe("the end of a query without a response", () => {
  it("comes at its deadline, not later", async () => {
    const simulation = new Simulation({ operators: { one: [A] } });
    simulation.network.peer(A).isSilent = true;

    const fate = await simulation.one(1);

    expect(fate.kind).toBe("deadline-exceeded");
    expect(fate.took).toBeLessThanOrEqual(4_050);
  });

  it("comes after a second where every address refuses", async () => {
    const simulation = new Simulation({ operators: { one: [A, B] } });
    for (const address of [A, B]) simulation.network.peer(address).welcome = "refuses";

    const fate = await simulation.one(1);

    expect(fate.kind).toBe("upstream-unreachable");
    expect(fate.took).toBeGreaterThanOrEqual(1_000);
    expect(fate.took).toBeLessThan(1_300);
  });

  it("comes at once where nobody can prove its identity", async () => {
    const simulation = new Simulation({ operators: { one: [A, B] } });
    for (const address of [A, B]) simulation.network.peer(address).welcome = "stranger";

    const fate = await simulation.one(1);

    expect(fate.kind).toBe("upstream-unauthenticated");
    expect(fate.took).toBeLessThan(700);
    expect(simulation.network.peer(A).queries).toEqual([]);
  });

  it("comes when every connection ends under it", async () => {
    const simulation = new Simulation({ operators: { one: [A] } });
    const peer = simulation.network.peer(A);
    peer.answer = (query, nth) => {
      // The first keeps the address in honour, the second is cut off.
      if (nth === 0) return answered(query);
      peer.cut("reset");
      return [];
    };
    peer.closeAfter = 2;

    await simulation.stream(40, 1);
    await simulation.land();

    expect(kinds(simulation.fates)["wrong"]).toBeUndefined();
    expect(simulation.fates.every(({ settled }) => settled === 1)).toBe(true);
  });
});

describe("what `sotto explain` is told", () => {
  it("names each server asked and how it went on", async () => {
    const simulation = new Simulation({ operators: { one: [A], other: [B] } });
    simulation.network.peer(A).welcome = "ignores";
    const steps: TraceStep[] = [];

    await simulation.one(OF_FIRST, { trace: { add: (step) => steps.push(step) } });

    const texts = steps.map(({ text }) => text);
    expect(texts[0]).toBe("q1.example.com. AAAA goes to one, other only if that is down");
    expect(texts).toContain("going on to other");
    expect(texts).toContain(`sent to ${B}: q1.example.com. AAAA, 128 octets`);
    expect(texts.at(-1)).toBe(`${B} answered q1.example.com. AAAA after 20 ms`);
  });
});

describe("a flight's upstream queries", () => {
  it("end with its work", async () => {
    const simulation = new Simulation({ operators: { one: [A] } });

    const fate = await simulation.one(1, { upstreamQueries: 0 });

    expect(fate.kind).toBe("work-exhausted");
    expect(simulation.network.peer(A).queries).toEqual([]);
  });
});
