import { expect, it } from "vitest";
import { checkUpstreams } from "../../../src/compose/upstream-checkup.ts";
import type { Message, Question } from "../../../src/ports/message.ts";
import { Type } from "../../../src/wire/codes.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { a } from "../../support/records.ts";
import { SeededRandom } from "../../support/seeded-random.ts";
import { serverAt } from "../../support/simulation.ts";

/** A look-up in clear can be answered by anybody, with as many addresses as a message holds. */
it("the doctor dials no more of the addresses found for a server than are used, and each once", async () => {
  const clock = new ManualClock();
  const dialled: string[] = [];
  const many = Array.from({ length: 100 }, (_, i) => a("dot.example.net", 300, `192.0.2.${i >> 1}`));
  const askPlain = (_resolver: unknown, { qtype }: Question): Promise<Message> =>
    Promise.resolve({
      id: 0,
      flags: 0x8180,
      opcode: 0,
      rcode: 0,
      questions: [],
      answer: qtype === Type.A ? many : [],
      authority: [],
      additional: [],
      edns: undefined,
    });
  const server = {
    ...serverAt("one", "192.0.2.1"),
    addresses: [],
    host: { name: "dot.example.net", port: 853 },
  };

  const findings = await checkUpstreams(
    {
      profile: "strict",
      selection: "sharded",
      shardFailover: "down",
      connections: 2,
      idleTimeout: 8_000,
      connectTimeout: 3_000,
      maxInFlight: 4_096,
      bootstrap: [{ address: "192.0.2.53", port: 53 }],
      servers: [server],
    },
    {
      askPlain,
      clock,
      circumstances: { now: clock.wall(), validates: true },
      probeDeps: () => ({
        clock,
        random: new SeededRandom(1),
        encode: () => new Uint8Array(12),
        minimisation: false,
        dialer: {
          dial: ({ address }, { failed }) => {
            dialled.push(address);
            queueMicrotask(() => {
              failed({ fault: "refused", detail: "connection refused" });
            });
            return { write: () => false, close: () => undefined };
          },
        },
      }),
    },
  );

  expect(new Set(dialled).size).toBe(16);
  expect([dialled.length, findings.length]).toEqual([16, 16]);
});
