/** An upstream that dies under a warm cache of TTLs of one second, and comes back (RFC 8767). */
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it, type TestContext } from "vitest";
import { InfoCode, Rcode } from "../../src/wire/codes.ts";
import { readExtendedErrors } from "../../src/wire/edns.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { labToml } from "../support/program.ts";
import { type RunningApp, startApp } from "../support/running-app.ts";
import { queryOctets, read } from "../support/served.ts";
import { UdpClient } from "../support/socket-clients.ts";

const STALE_AFTER = 900;
const NAMES = Array.from({ length: 20 }, (_, i) => `brief${i}.example.com`);

interface Scene {
  readonly lab: Lab;
  readonly running: RunningApp;
}

/** Closed after the test. */
async function begin(onTestFinished: TestContext["onTestFinished"]): Promise<Scene> {
  const lines = NAMES.map((_, i) => `brief${i} 1 A 192.0.2.${i + 1}`);
  const lab = await startLab({ records: { "example.com.": lines } });
  onTestFinished(() => lab.close());
  const running = await startApp(
    (folder) => `${labToml(lab, folder)}

[cache]
stale_after = "${STALE_AFTER}ms"
prefetch = false
`,
  );
  onTestFinished(() => running.stop());
  return { lab, running };
}

/** Asks for every name at once; the slowest answer counts. */
async function askAll({ running }: Scene) {
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

/** Asks until every answer is fresh. @returns milliseconds that took. */
async function untilFresh(scene: Scene, within: number): Promise<number> {
  const since = performance.now();
  for (;;) {
    if ((await askAll(scene)).every(({ isFresh }) => isFresh)) return performance.now() - since;
    if (performance.now() - since > within) throw new Error(`not within ${within} ms`);
    await wait(50);
  }
}

type Row = readonly [how: string, within: number, kill: Change, revive: Change];
type Change = (lab: Lab) => void | Promise<void>;

const rows: readonly Row[] = [
  ["whose port is closed", 2_000, (lab) => lab.upstream.stop(), (lab) => lab.upstream.start()],
  [
    "that falls silent",
    2_000,
    (lab) => lab.upstream.setBehaviour({ silent: true }),
    (lab) => lab.upstream.setBehaviour({}),
  ],
];

describe.concurrent("an upstream under a warm cache of TTLs of a second", () => {
  it.for(rows)(
    "%s: every name goes on being answered, and is fresh again within %i ms",
    async ([, within, kill, revive], { onTestFinished }) => {
      const scene = await begin(onTestFinished);
      await untilFresh(scene, 5_000);
      await kill(scene.lab);
      await wait(1_100);

      const first = await askAll(scene);
      const rounds = [];
      for (let round = 0; round < 4; round++) {
        rounds.push(await askAll(scene));
        await wait(500);
      }
      await revive(scene.lab);
      const back = await untilFresh(scene, 10_000);

      expect(first.filter(({ isStale }) => !isStale)).toEqual([]);
      expect(Math.max(...first.map(({ took }) => took))).toBeLessThan(STALE_AFTER + 250);
      expect(rounds.flat().filter(({ isStale }) => !isStale)).toEqual([]);
      // At once: far below the time a client would wait for a fresh answer.
      expect(Math.max(...rounds.flat().map(({ took }) => took))).toBeLessThan(STALE_AFTER / 2);
      expect(back).toBeLessThan(within);
    },
  );
});
