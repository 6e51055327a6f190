/** A server that ends connections, in whatever way, costs no query. */
import { describe, expect, it } from "vitest";
import type { Behaviour } from "../lab/behaviour.ts";
import { askAroundIdleLimit } from "../support/idle-limit.ts";
import { figuresOf, type LoadOptions, printRow } from "../support/load.ts";
import { startNumbered, startRig } from "../support/transport-rig.ts";

async function run(behaviour: Behaviour, load: LoadOptions) {
  const upstream = await startNumbered(behaviour);
  const rig = await startRig([{ operator: "lab", addresses: [upstream.address] }]);
  try {
    return figuresOf(await rig.client.ask(load));
  } finally {
    await rig.close();
    await upstream.close();
  }
}

const NO_HARM = { servfail: 0, lost: 0, wrong: 0 };

describe.concurrent("a server that closes after so many answers (RFC 7766 §6.2.4)", () => {
  const rows = [1, 2, 10].flatMap((closeAfter) =>
    (["close-notify", "fin", "rst"] as const).map((ending) => ({ closeAfter, ending })),
  );

  it.each([
    ...rows,
    { closeAfter: 2, ending: "rst-mid-answer" as const },
    { closeAfter: 10, ending: "rst-mid-answer" as const },
  ])("$closeAfter, by $ending, costs no query", async ({ closeAfter, ending }) => {
    // At most 25 handshakes a second: rows of this file run side by side, other files beside them, and the servers are in
    // this process too. Twice as many leave nothing of two slow cores.
    const rate = ending === "rst-mid-answer" ? 25 : Math.min(200, 25 * closeAfter);
    const count = ending === "rst-mid-answer" ? 100 : Math.min(400, 100 * closeAfter);
    const figures = await run({ closeAfter, ending }, { count, rate });

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

describe.concurrent("a server that asks to close by keepalive 0 (RFC 7828 §3.2.2)", () => {
  it("gets no more queries there, and costs none", async () => {
    const figures = await run({ keepalive: 0 }, { count: 200, rate: 100 });

    printRow("keepalive 0 in every answer", figures);
    expect(figures).toMatchObject({ right: 200, ...NO_HARM });
  });
});

describe.concurrent("a server that closes idle connections (RFC 7766 §6.2.3)", () => {
  it.each(["close-notify", "rst"] as const)("by %s after 1 s costs no query", async (ending) => {
    const figures = await askAroundIdleLimit(1_000, ending);

    expect(figures).toMatchObject({ right: figures.sent, ...NO_HARM });
  });
});
