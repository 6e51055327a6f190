/** What a broken or hostile server says in place of an answer never reaches a client (RFC 7766 §7). */
import { afterEach, describe, expect, it } from "vitest";
import type { Behaviour } from "../lab/behaviour.ts";
import type { DotUpstream } from "../lab/dot-upstream.ts";
import { figuresOf, printRow } from "../support/load.ts";
import { type Rig, startNumbered, startRig } from "../support/transport-rig.ts";

let upstreams: DotUpstream[] = [];
let rig: Rig | undefined;

afterEach(async () => {
  await rig?.close();
  for (const upstream of upstreams.splice(0)) await upstream.close();
});

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

describe("a server that misanswers", () => {
  it.each(MISANSWERS)("each fifth query by %s costs none and misleads none", async (misanswer) => {
    upstreams = [await startNumbered({ misanswer, misanswerEvery: 5 })];
    rig = await startRig([{ operator: "lab", addresses: [upstreams[0]!.address] }]);

    const figures = figuresOf(await rig.client.ask({ count: 400, rate: 200 }));

    printRow(`${misanswer} for each fifth answer`, figures);
    expect(figures).toMatchObject({ right: 400, servfail: 0, lost: 0, wrong: 0 });
  });

  it.each(MISANSWERS)("every query by %s is left for its replica", async (misanswer) => {
    upstreams = [await startNumbered({ misanswer }), await startNumbered()];
    rig = await startRig(upstreams.map(({ address }) => ({ operator: "lab", addresses: [address] })));

    const figures = figuresOf(await rig.client.ask({ count: 400, rate: 200 }));

    printRow(`${misanswer} for each answer of one of two replicas`, figures);
    expect(figures).toMatchObject({ right: 400, servfail: 0, lost: 0, wrong: 0 });
  });

  it("loses the connection at the third violation", async () => {
    const behaviour: Behaviour = { misanswer: "unsolicited" };
    upstreams = [await startNumbered(behaviour)];
    rig = await startRig([{ operator: "lab", addresses: [upstreams[0]!.address] }]);

    // One at a time: with each answer comes a stray one.
    for (let i = 0; i < 6; i++) expect(figuresOf(await rig.client.ask({ count: 1 })).right).toBe(1);

    const answersOn = (connection: number): number =>
      upstreams[0]!.received.filter((each) => each.connection === connection).length;
    expect(answersOn(1)).toBeLessThanOrEqual(3);
    expect(upstreams[0]!.counters.connections).toBeGreaterThan(1);
  });
});

describe("answers in pieces", () => {
  it.each([1, 2, 3, 17])("of %i octets are read as if they were whole", async (splitOctets) => {
    upstreams = [await startNumbered({ splitOctets, reorder: 3 })];
    rig = await startRig([{ operator: "lab", addresses: [upstreams[0]!.address] }]);

    const figures = figuresOf(await rig.client.ask({ count: 200, rate: 200 }));

    printRow(`answers split at each ${splitOctets} octets, reordered`, figures);
    expect(figures).toMatchObject({ right: 200, servfail: 0, lost: 0, wrong: 0 });
  });
});
