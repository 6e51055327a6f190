import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { Admission } from "../../src/listen/admission.ts";
import { isBindFault } from "../../src/listen/bind-fault.ts";
import { createDrops, createRefused } from "../../src/listen/drops.ts";
import { type LinuxSockets, loadLinuxSockets } from "../../src/listen/linux-sockets.ts";
import { openBatchedUdp } from "../../src/listen/udp-batched.ts";
import { handlerOf } from "../support/handlers.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { idOf } from "../support/query.ts";
import { SilentLog } from "../support/silent-log.ts";
import { UdpClient, until } from "../support/socket-clients.ts";
import { describeUdpEndpoint } from "./udp-endpoint.ts";

const sockets = loadLinuxSockets();

if (typeof sockets === "string") {
  describe("the batched UDP endpoint", () => {
    it.skip(`is not to be had here: ${sockets}`, () => {});
  });
} else {
  describeUdpEndpoint("the batched UDP endpoint", (target, deps) =>
    openBatchedUdp(target, { ...deps, sockets }),
  );
  describe("the batched UDP endpoint under memory pressure", () => {
    it("hands every response to its client, octet for octet, while the heap is collected", async () => {
      await runUnderPressure(sockets);
    });
  });
}

/** Responses at once and late ones, with a full collection and fresh garbage in each round. */
async function runUnderPressure(withSockets: LinuxSockets): Promise<void> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const clock = new ManualClock();
  const handler = handlerOf((asked, client) => {
    if (idOf(asked) % 2 === 0) return asked;
    const reply = client.detach();
    setImmediate(() => {
      reply(asked);
    });
    return undefined;
  });
  const admission = new Admission({ allow: ["127.0.0.1"], rateLimit: 0 }, { clock });
  const deps = {
    handler,
    admission,
    drops: createDrops(),
    refused: createRefused(),
    clock,
    log: new SilentLog(),
    sockets: withSockets,
  };
  const listener = await openBatchedUdp({ host: "127.0.0.1", port: 0 }, deps);
  if (isBindFault(listener)) throw new Error(listener.code);
  const client = await UdpClient.open(listener.address);
  let garbage: Buffer[] = [];
  for (let round = 0; round < 40; round++) {
    const sent = Array.from({ length: 100 }, (_, i) => {
      const message = Buffer.alloc(40 + ((round * 31 + i * 7) % 1_190), round ^ i);
      message.writeUInt16BE(i, 0);
      return message;
    });
    client.received.length = 0;
    client.send(...sent);
    garbage = Array.from({ length: 50 }, (_, i) => Buffer.alloc(20_000 + i));
    collect();
    await until(() => client.received.length === sent.length);
    for (const response of client.received) expect(response.equals(sent[idOf(response)]!)).toBe(true);
  }
  expect(garbage).toHaveLength(50);
  client.close();
  await listener.close(0);
}
