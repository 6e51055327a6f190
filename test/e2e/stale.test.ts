/** An upstream that dies under a warm cache of TTLs of one second, and comes back (RFC 8767). */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { InfoCode, Rcode } from "../../src/wire/codes.ts";
import { readExtendedErrors } from "../../src/wire/edns.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { type RunningApp, startApp } from "../support/running-app.ts";
import { queryOctets, read } from "../support/served.ts";
import { UdpClient } from "../support/socket-clients.ts";

const STALE_AFTER = 900;
const NAMES = Array.from({ length: 20 }, (_, i) => `brief${i}.example.com`);

describe("an upstream under a warm cache of TTLs of a second", () => {
  let lab: Lab;
  let running: RunningApp;

  beforeAll(async () => {
    const lines = NAMES.map((_, i) => `brief${i} 1 A 192.0.2.${i + 1}`);
    lab = await startLab({ records: { "example.com.": lines } });
    running = await startApp((folder) => {
      writeFileSync(join(folder, "ca.pem"), lab.caPem);
      return `
[[upstream.server]]
name = "lab"
addresses = ["${lab.address}"]
auth_name = "${lab.authName}"
ca_file = "${folder}/ca.pem"

[dnssec]
trust_anchors = ${JSON.stringify(lab.trustAnchors)}

[cache]
stale_after = "${STALE_AFTER}ms"
prefetch = false
`;
    });
  });

  afterAll(async () => {
    await running.stop();
    await lab.close();
  });

  beforeEach(async () => {
    lab.upstream.setBehaviour({});
    await untilAll((answer) => answer.isFresh, 5_000);
  });

  /** Asks for every name at once; the slowest answer counts. */
  async function askAll() {
    const since = performance.now();
    return Promise.all(
      NAMES.map(async (qname) => {
        const client = await UdpClient.open({ host: "127.0.0.1", port: running.port });
        const message = read(await client.ask(queryOctets({ qname, edns: 1_232 })));
        client.close();
        const error = readExtendedErrors(message.edns)[0]?.infoCode;
        const isAnswered = message.rcode === Rcode.NOERROR && message.answer.length === 1;
        return {
          took: performance.now() - since,
          isFresh: isAnswered && error === undefined,
          isStale: isAnswered && error === InfoCode.STALE_ANSWER && message.answer[0]?.ttl === 30,
        };
      }),
    );
  }

  type Answer = Awaited<ReturnType<typeof askAll>>[number];

  /** Asks until every name is answered so. @returns milliseconds that took. */
  async function untilAll(isWanted: (answer: Answer) => boolean, within: number): Promise<number> {
    const since = performance.now();
    for (;;) {
      if ((await askAll()).every(isWanted)) return performance.now() - since;
      if (performance.now() - since > within) throw new Error(`not within ${within} ms`);
      await wait(50);
    }
  }

  it.each([
    ["whose port is closed", 2_000, () => lab.upstream.stop(), () => lab.upstream.start()],
    [
      "that falls silent",
      2_000,
      () => Promise.resolve(lab.upstream.setBehaviour({ silent: true })),
      () => Promise.resolve(lab.upstream.setBehaviour({})),
    ],
  ])(
    "%s: every name goes on being answered, and is fresh again within %i ms",
    async (_how, within, kill, revive) => {
      await kill();
      await wait(1_100);

      const first = await askAll();
      const rounds = [];
      for (let round = 0; round < 4; round++) {
        rounds.push(await askAll());
        await wait(500);
      }
      await revive();
      const back = await untilAll((answer) => answer.isFresh, 10_000);

      expect(first.filter(({ isStale }) => !isStale)).toEqual([]);
      expect(Math.max(...first.map(({ took }) => took))).toBeLessThan(STALE_AFTER + 250);
      expect(rounds.flat().filter(({ isStale }) => !isStale)).toEqual([]);
      // At once: far below the time a client would wait for a fresh answer.
      expect(Math.max(...rounds.flat().map(({ took }) => took))).toBeLessThan(STALE_AFTER / 2);
      expect(back).toBeLessThan(within);
    },
  );
});
