import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withId, withKeepalive, withOtherQuestion } from "../../lab/raw-message.ts";
import { answered, answeringAll, type PeerAnswer, type Welcome } from "../../support/simulated-network.ts";
import { kinds, Simulation } from "../../support/simulation.ts";

const ADDRESSES = ["192.0.2.1", "192.0.2.2", "2001:db8::3"] as const;

/** What a peer may say in place of the one right answer. */
const MANNERS: Readonly<Record<string, PeerAnswer>> = {
  right: (query) => answered(query),
  "wrong ID": (query) => answered(query).map((each) => withId(each, each.readUInt16BE(0) ^ 0x5555)),
  "wrong question": (query) => answered(withOtherQuestion(query)),
  twice: (query) => [...answered(query), ...answered(query)],
  unsolicited: (query) => [
    ...answered(query).map((each) => withId(each, each.readUInt16BE(0) ^ 1)),
    ...answered(query),
  ],
  garbage: () => [Buffer.alloc(40, 0xa5)],
  short: () => [Buffer.alloc(5)],
  empty: () => [Buffer.alloc(0)],
  echo: (query) => [query],
  "wrong now and then": (query, nth) => (nth % 4 === 3 ? [] : answered(query)),
  "keepalive 0": (query) => answered(query).map((each) => withKeepalive(each, 0)),
  "keepalive 1 s": (query) => answered(query).map((each) => withKeepalive(each, 10)),
  SERVFAIL: answeringAll(2),
  REFUSED: answeringAll(5),
};

const peer = fc.constantFrom(...ADDRESSES);
const deed = fc.oneof(
  fc.record({ do: fc.constant("ask" as const), count: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ do: fc.constant("ask" as const), count: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ do: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 3_000 }) }),
  fc.record({ do: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 50 }) }),
  fc.record({
    do: fc.constant("cut" as const),
    peer,
    ending: fc.constantFrom("clean" as const, "reset" as const),
  }),
  fc.record({ do: fc.constant("silence" as const), peer, isSilent: fc.boolean() }),
  fc.record({
    do: fc.constant("welcome" as const),
    peer,
    welcome: fc.constantFrom<Welcome>("opens", "opens", "refuses", "ignores", "stranger", "hangs-up"),
  }),
  fc.record({ do: fc.constant("manner" as const), peer, manner: fc.constantFrom(...Object.keys(MANNERS)) }),
  fc.record({ do: fc.constant("close after" as const), peer, count: fc.integer({ min: 1, max: 12 }) }),
  fc.record({
    do: fc.constant("say" as const),
    peer,
    octets: fc.uint8Array({ minLength: 1, maxLength: 40 }),
  }),
  fc.record({ do: fc.constantFrom("sleep" as const, "move" as const, "recover" as const) }),
);
type Deed = typeof deed extends fc.Arbitrary<infer Value> ? Value : never;

async function act(simulation: Simulation, each: Deed): Promise<void> {
  const { network, upstreams } = simulation;
  switch (each.do) {
    case "ask":
      for (let i = 0; i < each.count; i++) simulation.ask(simulation.fates.length);
      return;
    case "pass":
      await simulation.pass(each.ms, 40);
      return;
    case "cut":
      network.peer(each.peer).cut(each.ending);
      return;
    case "silence":
      network.peer(each.peer).isSilent = each.isSilent;
      return;
    case "welcome":
      network.peer(each.peer).welcome = each.welcome;
      return;
    case "manner":
      network.peer(each.peer).answer = MANNERS[each.manner] ?? answered;
      return;
    case "close after":
      network.peer(each.peer).closeAfter = each.count;
      return;
    case "say":
      for (const channel of [...network.peer(each.peer).channels]) channel.say(Buffer.from(each.octets));
      return;
    case "sleep":
      upstreams.wakeUp();
      return;
    case "move":
      simulation.fingerprint = `${simulation.fingerprint}x`;
      return;
    case "recover":
      recover(simulation);
  }
}

function recover({ network }: Simulation): void {
  for (const address of ADDRESSES) {
    network.peer(address).recover();
    network.peer(address).answer = answered;
  }
}

describe("a pool whose peers do whatever they like", () => {
  it.each([
    [
      "one operator of two addresses, and another",
      "sharded",
      { one: [ADDRESSES[0], ADDRESSES[2]], other: [ADDRESSES[1]] },
    ],
    [
      "three servers in order",
      "failover",
      { one: [ADDRESSES[0]], two: [ADDRESSES[1]], three: [ADDRESSES[2]] },
    ],
  ] as const)(
    "gives every query one fate, and leaves nothing behind: %s",
    async (_what, selection, operators) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(deed, { minLength: 5, maxLength: 40 }),
          fc.integer(),
          async (deeds, seed) => {
            const simulation = new Simulation({ operators, seed, upstream: { selection, maxInFlight: 500 } });
            const { clock, network, upstreams, fates } = simulation;

            for (const each of deeds) await act(simulation, each);
            await simulation.land();

            expect(fates.filter(({ settled }) => settled !== 1)).toEqual([]);
            expect(kinds(fates)["wrong"]).toBeUndefined();
            for (const { took = 0 } of fates) expect(took).toBeLessThan(4_200);
            expect(upstreams.inFlight).toBe(0);
            for (const address of ADDRESSES) expect(network.peer(address).reusedIds).toBe(0);
            expect(network.open).toBeLessThan(30);

            // Good again: the next queries are answered, whatever was learned.
            recover(simulation);
            const later = await simulation.stream(5, 300);
            await simulation.land();
            expect(kinds(later.slice(1))).toEqual({ right: 4 });

            upstreams.close();
            expect(network.open).toBe(0);
            expect(clock.pending).toBe(0);
          },
        ),
        { seed: 20_261_124, numRuns: 60 },
      );
    },
  );

  it("fails what is in flight when it closes, once, and takes nothing more", async () => {
    const simulation = new Simulation({ operators: { one: ["192.0.2.1"] } });
    simulation.network.peer("192.0.2.1").isSilent = true;
    for (let i = 0; i < 10; i++) simulation.ask(i);
    await simulation.pass(500);

    simulation.upstreams.close();
    simulation.ask(11);
    await simulation.land();

    expect(kinds(simulation.fates)).toEqual({ stopped: 11 });
    expect(simulation.clock.pending).toBe(0);
  });
});
