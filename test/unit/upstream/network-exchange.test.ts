import { describe, expect, it } from "vitest";
import type { Query } from "../../../src/ports/exchange.ts";
import type { Message } from "../../../src/ports/message.ts";
import type { TraceStep } from "../../../src/ports/trace.ts";
import { budgetUntil } from "../../../src/resolve/budget.ts";
import { NetworkExchange } from "../../../src/upstream/network-exchange.ts";
import type { AskPlain } from "../../../src/upstream/plain-resolver.ts";
import { Rcode } from "../../../src/wire/codes.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { a, keyOf, question, soa } from "../../support/records.ts";

const PROBE = "captive.apple.com";
const QUERY: Query = { question: question(PROBE), key: keyOf(PROBE), purpose: "client" };

function message(parts: Partial<Message> = {}): Message {
  const none = { id: 0, flags: 0, opcode: 0, questions: [], additional: [], edns: undefined };
  return { ...none, rcode: Rcode.NOERROR, answer: [], authority: [], ...parts };
}

function network(addresses: readonly string[], askPlain: AskPlain, mayAsk = () => true) {
  const clock = new ManualClock();
  const resolvers = () => addresses.map((address) => ({ address, port: 53 }));
  return { clock, exchange: new NetworkExchange({ resolvers, askPlain, mayAsk, clock }) };
}

describe("what the network's resolver says", () => {
  it("is its records, unproven, without what would let a client keep that there is nothing", async () => {
    const said = message({ answer: [a(PROBE, 300, "10.0.0.1")], authority: [soa("apple.com")] });
    const { exchange, clock } = network(["192.0.2.1"], () => Promise.resolve(said));

    const response = await exchange.exchange(QUERY, budgetUntil(clock.now() + 4_000));

    expect(response).toMatchObject({ rcode: 0, verdict: "insecure", authority: [] });
    expect(response.errors).toEqual([
      { infoCode: 0, text: "a probe name, answered by the network's own resolver" },
    ]);
    expect(response.answer).toEqual([a(PROBE, 0, "10.0.0.1")]);
  });

  it("is asked of the next one where the first says nothing of use", async () => {
    const asked: string[] = [];
    const { exchange, clock } = network(["192.0.2.1", "192.0.2.2", "192.0.2.3"], ({ address }) => {
      asked.push(address);
      if (address === "192.0.2.1") return Promise.resolve("hangs up");
      return Promise.resolve(message({ rcode: address === "192.0.2.2" ? Rcode.SERVFAIL : Rcode.NOERROR }));
    });

    await exchange.exchange(QUERY, budgetUntil(clock.now() + 4_000));

    expect(asked).toEqual(["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
  });

  it.each([
    ["nobody is named", []],
    ["nobody answers", ["192.0.2.1"]],
  ])("is a fault where %s", async (_, addresses) => {
    const { exchange, clock } = network(addresses, () => Promise.resolve("hangs up"));

    await expect(exchange.exchange(QUERY, budgetUntil(clock.now() + 4_000))).rejects.toMatchObject({
      fault: "upstream-unreachable",
    });
  });

  it("is not asked for once time is up", async () => {
    let asked = 0;
    const { exchange, clock } = network(["192.0.2.1"], () => {
      asked++;
      return Promise.resolve(message());
    });

    await expect(exchange.exchange(QUERY, budgetUntil(clock.now()))).rejects.toThrow();
    expect(asked).toBe(0);
  });

  it("is not asked for any more once an upstream has answered: not of the next one, nor again of this one", async () => {
    let holds = true;
    const wanted: (boolean | undefined)[] = [];
    const askPlain: AskPlain = (_resolver, _question, isWanted) => {
      wanted.push(isWanted?.());
      holds = false;
      wanted.push(isWanted?.());
      return Promise.resolve("does not answer");
    };
    const { exchange, clock } = network(["192.0.2.1", "192.0.2.2"], askPlain, () => holds);

    await expect(exchange.exchange(QUERY, budgetUntil(clock.now() + 4_000))).rejects.toThrow();
    expect(wanted).toEqual([true, false]);
  });

  it("is told of by explain: to whom, what, and that it went in clear", async () => {
    const { exchange, clock } = network(["192.0.2.1"], () => Promise.resolve(message()));
    const steps: TraceStep[] = [];
    const trace = { add: (step: TraceStep) => steps.push(step) };

    await exchange.exchange(QUERY, budgetUntil(clock.now() + 4_000, trace));

    expect(steps).toMatchObject([
      {
        stage: "portal",
        text: "sent in clear to 192.0.2.1, the network's resolver: captive.apple.com. A",
        detail: { upstream: "the network's resolver", told: "captive.apple.com. A", encrypted: false },
      },
    ]);
  });
});
