import { describe, expect, it } from "vitest";
import type { SimulatedPeer } from "../../support/simulated-network.ts";
import { type Fate, kinds, p99, Simulation } from "../../support/simulation.ts";

const A = "192.0.2.1";
const B = "192.0.2.2";

/** What may befall a server while it is in use. */
const FAULTS: Readonly<Record<string, (peer: SimulatedPeer) => void>> = {
  "is a black hole": (peer) => {
    peer.vanish();
  },
  refuses: (peer) => {
    peer.welcome = "refuses";
    peer.cut("reset");
  },
  "accepts and never answers": (peer) => {
    peer.isSilent = true;
    peer.cut("clean");
  },
  "stops answering in the middle of a connection": (peer) => {
    peer.isSilent = true;
  },
  "hangs up in every handshake": (peer) => {
    peer.welcome = "hangs-up";
    peer.cut("reset");
  },
};

/** Milliseconds between two queries. */
const INTERVAL = 10;

async function rehearse(operators: Readonly<Record<string, readonly string[]>>, fault: string) {
  const simulation = new Simulation({ operators });
  const normal = await simulation.stream(300, INTERVAL);
  FAULTS[fault]?.(simulation.network.peer(A));
  const first = await simulation.stream(100, INTERVAL);
  const after = await simulation.stream(400, INTERVAL);
  await simulation.land();
  return { simulation, normal: normal.slice(50), first, after };
}

describe.each(Object.keys(FAULTS))("one of two servers that %s", (fault) => {
  it.each([
    ["replicas of one operator", { one: [A, B] }],
    ["two operators", { one: [A], other: [B] }],
  ])("costs no query: %s", async (_what, operators) => {
    const { normal, first, after } = await rehearse(operators, fault);

    const all: readonly Fate[] = [...normal, ...first, ...after];
    expect(kinds(all)).toEqual({ right: all.length });
    expect(p99(first)).toBeLessThan(1_500);
    expect(p99(after)).toBeLessThan(2 * p99(normal));
  });
});
