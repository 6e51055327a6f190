/** Servers that take one query out of a TLS record, and the rest when one more record comes. */
import { describe, expect, it } from "vitest";
import { answered } from "../../support/simulated-network.ts";
import { kinds, Simulation } from "../../support/simulation.ts";

const A = "192.0.2.1";
const ROOT_NS = Buffer.from("0000020001", "hex");

function begin() {
  const simulation = new Simulation({ operators: { one: [A] } });
  const peer = simulation.network.peer(A);
  const prompts = (): number => peer.queries.filter((query) => query.subarray(12, 17).equals(ROOT_NS)).length;
  const burst = async (size: number) => {
    const from = simulation.fates.length;
    for (let i = 0; i < size; i++) simulation.ask(from + i);
    await simulation.land();
    const fates = simulation.fates.slice(from);
    return { kinds: kinds(fates), slowest: Math.max(...fates.map(({ took }) => took ?? 0)) };
  };
  return { simulation, peer, prompts, burst };
}

describe("a server that leaves the rest of a TLS record until the next one", () => {
  it("costs no query, and waits once it is known none of its time either", async () => {
    const { peer, prompts, burst } = begin();
    peer.leavesRest = true;

    const bursts = [];
    for (let i = 0; i < 4; i++) bursts.push(await burst(50));

    expect(bursts.map((each) => each.kinds)).toEqual(bursts.map(() => ({ right: 50 })));
    expect(Math.max(...bursts.slice(0, 2).map(({ slowest }) => slowest))).toBeLessThan(400);
    // A round trip is 20 ms, and time passes in steps of 50.
    expect(Math.max(...bursts.slice(2).map(({ slowest }) => slowest))).toBeLessThan(100);
    expect(prompts()).toBe(2);
  });

  it("costs no query of 50 at once that also closes after three answers", async () => {
    const { simulation, peer, burst } = begin();
    peer.leavesRest = true;
    peer.closeAfter = 3;

    expect((await burst(50)).kinds).toEqual({ right: 50 });
    expect(simulation.fates.every(({ took }) => took! < 2_500)).toBe(true);
  });

  it("is watched again after an hour", async () => {
    const { simulation, peer, prompts, burst } = begin();
    peer.leavesRest = true;
    for (let i = 0; i < 3; i++) await burst(10);
    expect(prompts()).toBe(2);

    await simulation.pass(3_700_000, 10_000);
    peer.leavesRest = false;
    await burst(10);
    peer.leavesRest = true;
    const after = await burst(10);

    // It was seen to read all: nothing is watched any more, and a late answer is only that.
    expect(after.kinds).toEqual({ right: 10 });
    expect(after.slowest).toBeGreaterThan(200);
  });
});

describe("a server that reads all of a record", () => {
  it("is asked nothing more, however slow a name of a later burst is", async () => {
    const { peer, prompts, burst } = begin();
    await burst(10);
    peer.thinking = (query) => (query.includes("q15\x07") ? 250 : 0);

    await burst(10);

    expect(prompts()).toBe(0);
  });

  it("is asked a few times at most where each first burst has a slow name", async () => {
    const { peer, prompts, burst } = begin();
    // Two at a time, one of them slow: never two answers from one record.
    peer.thinking = (query) => (/q\d*[13579]\x07/.test(query.toString("latin1")) ? 280 : 0);

    for (let i = 0; i < 20; i++) await burst(2);

    expect(prompts()).toBeLessThanOrEqual(8);
  });

  it("is not taken for one that leaves the rest by answers that come out of order", async () => {
    const { peer, prompts, burst } = begin();
    peer.answer = (query) => answered(query);
    peer.thinking = (query) => query.readUInt16BE(0) % 60;

    for (let i = 0; i < 5; i++) await burst(20);

    expect(prompts()).toBe(0);
  });
});
