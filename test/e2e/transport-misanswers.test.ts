/** What a broken or hostile server says in place of an answer never reaches a client (RFC 7766 §7). */
import { describe, expect, it, type TestContext } from "vitest";
import type { Behaviour } from "../lab/behaviour.ts";
import type { DotUpstream } from "../lab/dot-upstream.ts";
import { figuresOf, type LoadClient, printRow } from "../support/load.ts";
import { startNumbered, startRig } from "../support/transport-rig.ts";

/** A server for each behaviour, replicas of each other, and the resolver before them; closed after the test. */
async function start(
  onTestFinished: TestContext["onTestFinished"],
  ...behaviours: Behaviour[]
): Promise<{ upstreams: DotUpstream[]; client: LoadClient }> {
  const upstreams = await Promise.all(behaviours.map((behaviour) => startNumbered(behaviour)));
  const rig = await startRig(upstreams.map(({ address }) => ({ operator: "lab", addresses: [address] })));
  onTestFinished(async () => {
    await rig.close();
    for (const upstream of upstreams) await upstream.close();
  });
  return { upstreams, client: rig.client };
}

const MISANSWERS = [
  "wrong-id",
  "wrong-question",
  "duplicate",
  "unsolicited",
  "garbage",
  "short-message",
  "query-echo",
  "zero-length-frame",
  "truncated-frame",
] as const;

describe.concurrent("a server that misanswers", () => {
  it.for(MISANSWERS)(
    "each fifth query by %s costs none and misleads none",
    async (misanswer, { onTestFinished }) => {
      const { client } = await start(onTestFinished, { misanswer, misanswerEvery: 5 });

      const figures = figuresOf(await client.ask({ count: 400, rate: 200 }));

      printRow(`${misanswer} for each fifth answer`, figures);
      expect(figures).toMatchObject({ right: 400, servfail: 0, lost: 0, wrong: 0 });
    },
  );

  it.for(MISANSWERS)("every query by %s is left for its replica", async (misanswer, { onTestFinished }) => {
    const { client } = await start(onTestFinished, { misanswer }, {});

    const figures = figuresOf(await client.ask({ count: 400, rate: 200 }));

    printRow(`${misanswer} for each answer of one of two replicas`, figures);
    expect(figures).toMatchObject({ right: 400, servfail: 0, lost: 0, wrong: 0 });
  });

  it("loses the connection at the third violation", async ({ onTestFinished }) => {
    const { upstreams, client } = await start(onTestFinished, { misanswer: "unsolicited" });

    // One at a time: with each answer comes a stray one.
    for (let i = 0; i < 6; i++) expect(figuresOf(await client.ask({ count: 1 })).right).toBe(1);

    const answersOn = (connection: number): number =>
      upstreams[0]!.received.filter((each) => each.connection === connection).length;
    expect(answersOn(1)).toBeLessThanOrEqual(3);
    expect(upstreams[0]!.counters.connections).toBeGreaterThan(1);
  });
});

describe.concurrent("answers in pieces", () => {
  it.for([1, 2, 3, 17])(
    "of %i octets are read as if they were whole",
    async (splitOctets, { onTestFinished }) => {
      const { client } = await start(onTestFinished, { splitOctets, reorder: 3 });

      const figures = figuresOf(await client.ask({ count: 200, rate: 200 }));

      printRow(`answers split at each ${splitOctets} octets, reordered`, figures);
      expect(figures).toMatchObject({ right: 200, servfail: 0, lost: 0, wrong: 0 });
    },
  );
});
