/** What is looked after while queries are always in flight, as in a busy house. */
import { describe, expect, it } from "vitest";
import type { Message, Question } from "../../../src/ports/message.ts";
import { Type } from "../../../src/wire/codes.ts";
import { a } from "../../support/records.ts";
import { Simulation } from "../../support/simulation.ts";

/** A response without records. */
const NOTHING: Omit<Message, "answer"> = {
  id: 0,
  flags: 0x8180,
  opcode: 0,
  rcode: 0,
  questions: [],
  authority: [],
  additional: [],
  edns: undefined,
};
const A = "192.0.2.1";
const B = "192.0.2.2";

describe("an address that was down while its replica answers", () => {
  it("is proved to be back though queries are always in flight", async () => {
    const simulation = new Simulation({ operators: { one: [A, B] } });
    await simulation.stream(400, 5);
    const peer = simulation.network.peer(B);
    peer.welcome = "refuses";
    peer.cut("reset");
    await simulation.stream(400, 5);

    peer.recover();
    const before = peer.queries.length;
    await simulation.stream(1_000, 5);

    expect(simulation.upstreams.inFlight).toBeGreaterThan(0);
    expect(peer.queries.length).toBeGreaterThan(before);
  });
});

describe("a server that is looked up", () => {
  it("is looked up again at its TTL though queries are always in flight", async () => {
    let asked = 0;
    const askPlain = (_resolver: unknown, { qtype }: Question) => {
      asked += qtype === Type.A ? 1 : 0;
      return Promise.resolve({ ...NOTHING, answer: qtype === Type.A ? [a("dot.example.net", 40, A)] : [] });
    };
    const simulation = new Simulation({
      operators: { one: [A] },
      upstream: { bootstrap: [{ address: "192.0.2.53", port: 53 }] },
      server: { addresses: [], host: { name: "dot.example.net", port: 853 } },
      askPlain,
    });
    await simulation.stream(10_000, 5);

    expect(simulation.upstreams.inFlight).toBeGreaterThan(0);
    expect(asked).toBe(2);
  });
});
