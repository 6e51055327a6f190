/** A server that ends connections, in whatever way, costs no query. */
import { afterEach, describe, expect, it } from "vitest";
import type { Behaviour } from "../lab/behaviour.ts";
import type { DotUpstream } from "../lab/dot-upstream.ts";
import { figuresOf, type LoadOptions, printRow } from "../support/load.ts";
import { type Rig, startNumbered, startRig } from "../support/transport-rig.ts";

let upstream: DotUpstream | undefined;
let rig: Rig | undefined;

afterEach(async () => {
  await rig?.close();
  await upstream?.close();
});

async function run(behaviour: Behaviour, load: LoadOptions) {
  upstream = await startNumbered(behaviour);
  rig = await startRig([{ operator: "lab", addresses: [upstream.address] }]);
  return figuresOf(await rig.client.ask(load));
}

const NO_HARM = { servfail: 0, lost: 0, wrong: 0 };

describe("a server that closes after so many answers (RFC 7766 §6.2.4)", () => {
  const rows = [1, 2, 10].flatMap((closeAfter) =>
    (["close-notify", "fin", "rst"] as const).map((ending) => ({ closeAfter, ending })),
  );

  it.each([
    ...rows,
    { closeAfter: 2, ending: "rst-mid-answer" as const },
    { closeAfter: 10, ending: "rst-mid-answer" as const },
  ])("$closeAfter, by $ending, costs no query", async ({ closeAfter, ending }) => {
    // One answer a connection: a handshake for each query.
    const rate = closeAfter === 1 || ending === "rst-mid-answer" ? 50 : 200;
    const figures = await run({ closeAfter, ending }, { count: rate * 2, rate });

    printRow(`closes after ${closeAfter} answers: ${ending}`, figures);
    expect(figures).toMatchObject({ right: figures.sent, ...NO_HARM });
  });

  it.each([1, 2, 10])("%i costs none of 100 queries asked at once", async (closeAfter) => {
    const figures = await run({ closeAfter }, { count: 100 });

    printRow(`closes after ${closeAfter} answers, 100 queries at once`, figures);
    expect(figures).toMatchObject({ right: 100, ...NO_HARM });
  });

  it("3, with 1,000 queries at 200 a second, costs no query", async () => {
    const figures = await run({ closeAfter: 3 }, { count: 1_000, rate: 200 });

    printRow("closes after 3 answers, 200 queries a second", figures);
    expect(figures).toMatchObject({ right: 1_000, ...NO_HARM });
  });
});

describe("a server that asks to close by keepalive 0 (RFC 7828 §3.2.2)", () => {
  it("gets no more queries there, and costs none", async () => {
    const figures = await run({ keepalive: 0 }, { count: 200, rate: 100 });

    printRow("keepalive 0 in every answer", figures);
    expect(figures).toMatchObject({ right: 200, ...NO_HARM });
  });
});

describe("a server that closes idle connections (RFC 7766 §6.2.3)", () => {
  it.each([
    ["close-notify", 1_000],
    ["rst", 1_000],
    ["close-notify", 4_000],
  ] as const)("by %s after %i ms costs no query", async (ending, idleCloseMs) => {
    upstream = await startNumbered({ idleCloseMs, ending });
    rig = await startRig([{ operator: "lab", addresses: [upstream.address] }]);
    // Around the limit, where a query and a close can cross.
    const pauses = [0.5, 0.99, 1, 1.01, 1.2].map((part) => part * idleCloseMs);
    const outcomes = [];
    for (const pause of pauses) {
      outcomes.push(...(await rig.client.ask({ count: 20 })));
      await new Promise((resolve) => setTimeout(resolve, pause));
    }

    const figures = figuresOf(outcomes);
    printRow(`closes after ${idleCloseMs / 1_000} s of idleness: ${ending}`, figures);
    expect(figures).toMatchObject({ right: figures.sent, ...NO_HARM });
  });
});
