import { describe, expect, it } from "vitest";
import { withKeepalive } from "../../lab/raw-message.ts";
import { answered } from "../../support/simulated-network.ts";
import { kinds, Simulation } from "../../support/simulation.ts";

const A = "192.0.2.1";
const B = "192.0.2.2";

describe("more questions than may wait at a time", () => {
  it("are refused and counted; those that wait are answered", async () => {
    const simulation = new Simulation({ operators: { one: [A] }, upstream: { maxInFlight: 100 } });

    for (let i = 0; i < 130; i++) simulation.ask(i);
    await simulation.land();

    expect(kinds(simulation.fates)).toEqual({ right: 100, overloaded: 30 });
    expect(simulation.upstreams.counters.overloaded).toBe(30);
    expect((await simulation.one(200)).kind).toBe("right");
  });
});

describe("a peer's edns-tcp-keepalive (RFC 7828 §3.2.2, §3.4)", () => {
  it.each([
    [50, 4_900, 1],
    [50, 5_100, 0],
    [200, 19_000, 1],
    [200, 20_100, 0],
  ])(
    "of %i tenths of a second keeps an idle connection so long: after %i ms there are %i",
    async (units, idle, open) => {
      const simulation = new Simulation({ operators: { one: [A] } });
      simulation.network.peer(A).answer = (query) =>
        answered(query).map((each) => withKeepalive(each, units));
      await simulation.one(1);

      await simulation.pass(idle, 50);

      expect(simulation.network.peer(A).channels).toHaveLength(open);
    },
  );

  it("of 0 gets no more queries there, and what is outstanding is waited for", async () => {
    const simulation = new Simulation({ operators: { one: [A] }, upstream: { connections: 1 } });
    const peer = simulation.network.peer(A);
    await simulation.one(1);
    peer.thinking = (query) => (query.includes(`\x04q100`) ? 1_000 : 0);
    const slow = simulation.ask(100);
    await simulation.pass(30);
    peer.answer = (query) => answered(query).map((each) => withKeepalive(each, 0));
    await simulation.one(2);
    const [old] = peer.channels;
    const writes = old?.writes;
    await simulation.one(3);
    await simulation.land();

    expect(old?.writes).toBe(writes);
    expect(slow.kind).toBe("right");
    expect(slow.took).toBeLessThan(1_100);
    expect(kinds(simulation.fates)).toEqual({ right: 4 });
    await simulation.pass(100);
    expect(simulation.network.open).toBeLessThanOrEqual(1);
  });

  it("is undercut where the peer was seen to close sooner", async () => {
    const simulation = new Simulation({ operators: { one: [A] }, upstream: { connections: 1 } });
    await simulation.one(1);
    await simulation.pass(2_000, 50);
    simulation.network.peer(A).cut("clean");
    await simulation.one(2);
    await simulation.pass(1_500, 50);
    expect(simulation.network.open).toBe(1);

    await simulation.pass(200, 50);

    expect(simulation.network.open).toBe(0);
  });
});

describe("connections that nobody uses", () => {
  it("are closed after `idle_timeout`, and nothing is left ticking", async () => {
    const simulation = new Simulation({ operators: { one: [A] } });
    await simulation.stream(20, 100);

    await simulation.pass(60_000, 500);

    expect(simulation.network.open).toBe(0);
    expect(simulation.clock.pending).toBe(0);
  });
});

describe("a machine that slept", () => {
  it("does not wait for connections that died meanwhile", async () => {
    const simulation = new Simulation({ operators: { one: [A] } });
    await simulation.stream(20, 100);
    const { dials } = simulation.network.peer(A);
    // The peer has forgotten them; nothing tells us so.
    for (const channel of simulation.network.peer(A).channels) channel.write = () => true;

    simulation.upstreams.wakeUp();
    const fate = await simulation.one(100);

    expect(fate.kind).toBe("right");
    expect(fate.took).toBeLessThan(100);
    expect(simulation.network.peer(A).dials).toBe(dials + 1);
    expect(simulation.sessionsForgotten).toBe(1);
  });

  it("sends what was in flight again", async () => {
    const simulation = new Simulation({ operators: { one: [A] } });
    await simulation.one(1);
    simulation.network.peer(A).thinking = () => 1_000;
    const fate = simulation.ask(2);
    await simulation.pass(30);
    simulation.network.peer(A).thinking = () => 0;

    simulation.upstreams.wakeUp();
    await simulation.land();

    expect(fate.kind).toBe("right");
    expect(fate.took).toBeLessThan(150);
  });

  it("tries at once what was in backoff", async () => {
    const simulation = new Simulation({ operators: { one: [A, B] } });
    for (const address of [A, B]) simulation.network.peer(address).welcome = "refuses";
    await simulation.stream(60, 1_000);
    for (const address of [A, B]) simulation.network.peer(address).recover();

    simulation.upstreams.wakeUp();
    const fate = await simulation.one(100);

    expect(fate.kind).toBe("right");
    expect(fate.took).toBeLessThan(100);
  });

  it("is not told of where others make connections anew: they say why", async () => {
    const simulation = new Simulation({ operators: { one: [A] } });
    await simulation.one(1);
    const before = simulation.log.lines.length;

    simulation.upstreams.wakeUp();

    expect(simulation.log.lines.slice(before)).toEqual([]);
  });

  it("is noticed by the time between two beats where nobody says so", async () => {
    const simulation = new Simulation({ operators: { one: [A] } });
    await simulation.stream(5, 100);
    const before = simulation.log.lines.length;

    // The process was stopped: time has gone on without any timer.
    simulation.clock.leap(15_000);
    const fate = await simulation.one(100);

    expect(fate.kind).toBe("right");
    expect(fate.took).toBeLessThan(100);
    expect(simulation.log.lines.slice(before).map(({ message }) => message)).toContain(
      "woken up: connections are made anew",
    );
  });
});

describe("another network", () => {
  it("is given connections of its own; responses under way still count", async () => {
    const simulation = new Simulation({ operators: { one: [A] } });
    await simulation.stream(20, 100);
    const { dials } = simulation.network.peer(A);
    simulation.network.peer(A).thinking = (query) => (query.includes(`\x04q100`) ? 1_200 : 0);
    const slow = simulation.ask(100);
    await simulation.pass(10);

    simulation.fingerprint = "café";
    await simulation.pass(1_000, 50);
    const fate = await simulation.one(101);
    await simulation.land();

    expect(fate.kind).toBe("right");
    expect(simulation.network.peer(A).dials).toBeGreaterThan(dials);
    expect(simulation.sessionsForgotten).toBe(1);
    expect(slow.kind).toBe("right");
  });

  it("is noticed with the first query after a while", async () => {
    const simulation = new Simulation({ operators: { one: [A] } });
    await simulation.one(1);
    await simulation.pass(60_000, 500);
    simulation.fingerprint = "café";

    await simulation.one(2);

    expect(simulation.sessionsForgotten).toBe(1);
  });
});

describe("what can be seen from outside", () => {
  it("is each server with its figures and the state of its addresses", async () => {
    const simulation = new Simulation({ operators: { one: [A], other: [B] } });
    simulation.network.peer(B).welcome = "refuses";
    await simulation.stream(10, 300);
    await simulation.land();

    const [first, second] = simulation.upstreams.snapshot();

    expect(first).toMatchObject({ name: A, operator: "one", connections: { open: 2, suspect: 0 } });
    expect(first?.handshakes).toEqual({ full: 2, resumed: 0 });
    expect(first?.addresses).toEqual([
      expect.objectContaining({
        address: A,
        port: 853,
        health: "up",
        roundTrip: expect.closeTo(20, 3) as number,
      }),
    ]);
    expect(second?.failures.refused).toBeGreaterThan(0);
    expect(second?.addresses[0]).toMatchObject({ health: "down", failure: "connection refused" });
    expect(simulation.upstreams.isReachable()).toBe(true);
  });

  it("says when no server can be reached", async () => {
    const simulation = new Simulation({ operators: { one: [A] } });
    simulation.network.peer(A).welcome = "ignores";
    expect(simulation.upstreams.isReachable()).toBe(true);

    simulation.ask(1);
    await simulation.pass(2_000, 50);

    expect(simulation.upstreams.isReachable()).toBe(false);
    await simulation.land();
  });
});

describe("an upstream that misanswers now and then", () => {
  it("is logged once, without a name, and comes after its replicas for a minute", async () => {
    const simulation = new Simulation({ operators: { one: [A, B] } });
    await simulation.stream(30, 100);
    const lately = (await simulation.stream(10, 100)).filter((fate) => fate.upstream === A).length;
    const [upstream, other] = lately > 5 ? [A, B] : [B, A];
    simulation.network.peer(upstream).answer = (query) => [...answered(query), ...answered(query)];
    await simulation.stream(10, 100);
    const before = simulation.network.peer(upstream).queries.length;
    const fates = await simulation.stream(20, 100);

    expect(kinds(simulation.fates)).toEqual({ right: simulation.fates.length });
    expect(fates.filter((fate) => fate.upstream === other).length).toBeGreaterThan(15);
    expect(simulation.network.peer(upstream).queries.length - before).toBeLessThan(5);
    const warnings = simulation.log.lines.filter(({ message }) => message === "upstream address misanswers");
    expect(warnings).toHaveLength(1);
    expect(JSON.stringify(warnings)).not.toContain("example");
  });
});
