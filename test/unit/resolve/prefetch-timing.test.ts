/** What the moment of a prefetch tells an upstream of when clients asked: that one did, since the entry grew old. */
import { describe, expect, it } from "vitest";
import { settle } from "../../support/manual-clock.ts";
import { a, response } from "../../support/records.ts";
import { Served } from "../../support/served.ts";

const NAMES = Array.from({ length: 80 }, (_, i) => `host${i}.example.com`);
/** Seconds: of the records, and until clients ask for them again; a tenth of a life is left to refresh in. */
const TTL = 300;
const ASKED_AGAIN = 275;
const LEFT = TTL - ASKED_AGAIN;

/** Names by how many seconds after they were asked for again they are refreshed. `isBusy`: clients go on asking. */
async function refreshes(isBusy: boolean): Promise<Map<string, number>> {
  const server = new Served(({ question }) =>
    response({ answer: [{ ...a("host0.example.com", TTL), owner: question.qname }] }),
  );
  for (const qname of NAMES) await server.ask({ qname });
  await server.clock.advanceAsync(ASKED_AGAIN * 1_000);
  for (const qname of NAMES) await server.ask({ qname });
  const moments = new Map<string, number>();
  for (let tenths = 1; tenths <= LEFT * 10; tenths++) {
    server.clock.advance(100);
    await settle();
    for (const { question, purpose } of server.asked.splice(0)) {
      if (purpose === "refresh") moments.set(question.qname, tenths / 10);
    }
    if (isBusy && tenths % 20 === 0) for (const qname of NAMES) await server.ask({ qname });
  }
  server.misses.close();
  return moments;
}

describe("prefetches", () => {
  it("leave at moments spread over the time that is left, in no order of the clients'", async () => {
    const moments = await refreshes(false);
    const seconds = [...moments.values()];
    const byName = [...moments.keys()];

    expect(moments.size).toBe(NAMES.length);
    for (let part = 0; part < 5; part++) {
      const inPart = seconds.filter((at) => at > (part * LEFT) / 5 && at <= ((part + 1) * LEFT) / 5);
      expect(inPart.length).toBeGreaterThan(NAMES.length / 15);
      expect(inPart.length).toBeLessThan(NAMES.length / 2.5);
    }
    const inOrder = byName.filter((name, i) => i > 0 && NAMES.indexOf(name) > NAMES.indexOf(byName[i - 1]!));
    expect(inOrder.length).toBeLessThan(NAMES.length * 0.7);
  });

  it("leave at the same moments however often clients ask meanwhile", async () => {
    const busy = await refreshes(true);

    expect(busy).toEqual(await refreshes(false));
  });
});
