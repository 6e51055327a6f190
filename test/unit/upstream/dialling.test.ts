import { describe, expect, it } from "vitest";
import { kinds, Simulation } from "../../support/simulation.ts";

const A = "192.0.2.1";
const B = "192.0.2.2";
const V6 = "2001:db8::1";

/** Times of a peer's dials, counted from the clock's start. */
function dials(simulation: Simulation, address: string): number[] {
  return simulation.network.peer(address).dialledAt.map((at) => at - 1_000);
}

describe("the addresses of a server that nobody has tried (RFC 8305 §4, §5)", () => {
  it("are dialled IPv6 first, whatever the order of the configuration", async () => {
    const simulation = new Simulation({ operators: { one: [A, V6] } });

    const fate = await simulation.one(1);

    expect(fate).toMatchObject({ kind: "right", upstream: V6 });
    expect(dials(simulation, A)).toEqual([]);
  });

  it("are dialled a quarter of a second apart while none opens", async () => {
    const simulation = new Simulation({ operators: { one: [A, B, V6] } });
    for (const address of [A, V6]) simulation.network.peer(address).welcome = "ignores";

    const fate = await simulation.one(1);

    expect(fate).toMatchObject({ kind: "right", upstream: B });
    expect(dials(simulation, V6)[0]).toBe(0);
    expect(dials(simulation, A)[0]).toBe(250);
    expect(dials(simulation, B)[0]).toBe(500);
    expect(fate.took).toBeLessThan(600);
  });

  it("are dialled at once when the one before says no", async () => {
    const simulation = new Simulation({ operators: { one: [A, V6] } });
    simulation.network.peer(V6).welcome = "refuses";

    const fate = await simulation.one(1);

    expect(fate.kind).toBe("right");
    expect(dials(simulation, A)[0]).toBe(20);
  });

  it("answer by whoever is authenticated first", async () => {
    const simulation = new Simulation({ operators: { one: [A, V6] } });
    simulation.network.peer(V6).roundTrip = 900;

    const fate = await simulation.one(1);

    expect(fate).toMatchObject({ kind: "right", upstream: A });
    expect(fate.took).toBeLessThan(350);
  });
});

describe("a family that never works", () => {
  it("is tried after the other one once it has failed three times", async () => {
    const simulation = new Simulation({ operators: { one: [A, V6] }, upstream: { idleTimeout: 500 } });
    simulation.network.peer(V6).welcome = "ignores";
    for (let i = 0; i < 12; i++) {
      await simulation.one(i);
      await simulation.pass(4_000, 50);
    }
    const before = dials(simulation, V6).length;

    const fates = [];
    for (let i = 20; i < 25; i++) {
      fates.push(await simulation.one(i));
      await simulation.pass(700, 50);
    }

    expect(before).toBeGreaterThanOrEqual(3);
    // No wait for IPv6: TCP, TLS and the query take three round trips of 20 ms.
    for (const fate of fates) expect(fate.took).toBeLessThan(100);
  });
});

describe("an address that failed", () => {
  it("is proved by a query of our own before clients' queries go there", async () => {
    const simulation = new Simulation({ operators: { one: [A, B] } });
    await simulation.stream(20, 20);
    const peer = simulation.network.peer(A);
    peer.welcome = "refuses";
    peer.cut("reset");
    await simulation.stream(50, 20);
    peer.recover();
    const before = peer.queries.length;
    // The backoff is over at some time; the servers are in use all the while.
    await simulation.stream(100, 100);

    const firstName = peer.queries[before]?.subarray(12, 14);
    // The root: one octet of 0, then QTYPE.
    expect(firstName?.[0]).toBe(0);
    expect(kinds(simulation.fates)).toEqual({ right: simulation.fates.length });
  });

  it("stays out of use while it opens but does not answer the proof", async () => {
    const simulation = new Simulation({ operators: { one: [A, B] } });
    const peer = simulation.network.peer(A);
    peer.isSilent = true;
    await simulation.stream(300, 20);
    const fates = await simulation.stream(300, 20);
    await simulation.land();

    expect(kinds(simulation.fates)).toEqual({ right: 600 });
    for (const { took } of fates) expect(took).toBeLessThan(50);
  });
});

describe("the connections to one address", () => {
  it("are not more than configured, however many queries wait", async () => {
    const simulation = new Simulation({ operators: { one: [A] }, upstream: { connections: 3 } });
    let most = 0;
    for (let i = 0; i < 600; i++) {
      simulation.ask(i);
      await simulation.pass(1, 1);
      most = Math.max(most, simulation.network.peer(A).channels.length);
    }
    await simulation.land();

    expect(most).toBeLessThanOrEqual(3);
    expect(kinds(simulation.fates)).toEqual({ right: 600 });
  });

  it("are one, and a spare once the server is in use", async () => {
    const simulation = new Simulation({ operators: { one: [A] } });
    await simulation.one(0);
    await simulation.pass(1_100, 50);
    await simulation.one(1);
    expect(simulation.network.peer(A).channels).toHaveLength(1);

    await simulation.stream(10, 200);

    expect(simulation.network.peer(A).channels).toHaveLength(2);
  });

  it("cost no handshake when one of them is lost", async () => {
    const simulation = new Simulation({ operators: { one: [A] } });
    await simulation.stream(20, 200);
    simulation.network.peer(A).channels[0]?.end("reset");

    const fate = await simulation.one(100);

    // One round trip, give or take the grain of time.
    expect(fate.took).toBeLessThan(30);
  });

  it("share the queries once one has many in flight", async () => {
    const simulation = new Simulation({ operators: { one: [A] } });
    await simulation.stream(20, 200);
    simulation.network.peer(A).thinking = () => 500;
    const [first, second] = simulation.network.peer(A).channels;
    const before = [first?.writes, second?.writes];

    for (let i = 100; i < 300; i++) simulation.ask(i);
    await simulation.pass(10);

    expect(first?.writes).toBeGreaterThan(before[0] ?? 0);
    expect(second?.writes).toBeGreaterThan(before[1] ?? 0);
    await simulation.land();
    expect(kinds(simulation.fates)).toEqual({ right: 220 });
  });
});

describe("queries of one turn of the event loop", () => {
  it("leave in one write", async () => {
    const simulation = new Simulation({ operators: { one: [A] } });
    await simulation.one(0);
    const [channel] = simulation.network.peer(A).channels;
    const before = channel?.writes ?? 0;

    for (let i = 1; i <= 30; i++) simulation.ask(i);
    await simulation.pass(5);

    expect(channel?.writes).toBe(before + 1);
    await simulation.land();
  });
});

describe("a socket that takes no more", () => {
  it("gets no more until it is drained, and nothing is lost", async () => {
    const simulation = new Simulation({ operators: { one: [A] }, upstream: { connections: 1 } });
    await simulation.one(0);
    const [channel] = simulation.network.peer(A).channels;
    if (channel !== undefined) channel.isFull = true;
    simulation.ask(1);
    await simulation.pass(5);
    const before = simulation.network.peer(A).queries.length;

    simulation.ask(2);
    await simulation.pass(50);
    expect(simulation.network.peer(A).queries).toHaveLength(before);
    channel?.drain();
    await simulation.land();

    expect(kinds(simulation.fates)).toEqual({ right: 3 });
  });
});
