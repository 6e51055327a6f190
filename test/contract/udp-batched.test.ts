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
  describe("the batched UDP endpoint, while what it waits for may answer what it has not read", () => {
    it("reads twelve datagrams a turn, and more again once none of them is waited for so", async () => {
      expect(await burstsOf(sockets, (i) => i < 36)).toEqual([[20], [12], [12], [12, 4], [40]]);
    });

    it("reads on where what it waits for answers nobody else", async () => {
      expect(await burstsOf(sockets, () => false)).toEqual([[20], [40], [40]]);
    });
  });
  describe("the batched UDP endpoint under memory pressure", () => {
    it("hands every response to its client, octet for octet, while the heap is collected", async () => {
      await runUnderPressure(sockets);
    });
  });
}

/** Datagrams read at a time in each turn of the event loop in which some were: 20 come, then 40, then 40 again; all wait. */
async function burstsOf(withSockets: LinuxSockets, teaches: (i: number) => boolean): Promise<number[][]> {
  const clock = new ManualClock();
  const admission = new Admission({ allow: ["127.0.0.1"], rateLimit: 0 }, { clock });
  const bursts: number[][] = [];
  let isNewTurn = true;
  let handled = 0;
  const deps = {
    handler: handlerOf((asked, client) => {
      handled++;
      client.detach(teaches(idOf(asked)));
      return undefined;
    }),
    admission,
    drops: createDrops(),
    refused: createRefused(),
    clock,
    log: new SilentLog(),
    sockets: {
      ...withSockets,
      recvmmsg: (...args: Parameters<LinuxSockets["recvmmsg"]>) => {
        const count = withSockets.recvmmsg(...args);
        if (count <= 0) return count;
        if (isNewTurn) {
          bursts.push([]);
          setImmediate(() => (isNewTurn = true));
        }
        isNewTurn = false;
        bursts.at(-1)!.push(count);
        return count;
      },
    },
  };
  const listener = await openBatchedUdp({ host: "127.0.0.1", port: 0 }, deps);
  if (isBindFault(listener)) throw new Error(listener.code);
  const client = await UdpClient.open(listener.address);
  const send = async (from: number, to: number) => {
    const sent = Array.from({ length: to - from }, () => Buffer.alloc(40));
    sent.forEach((message, i) => message.writeUInt16BE(from + i, 0));
    client.send(...sent);
    await until(() => handled === to);
  };
  await send(0, 20);
  await send(20, 60);
  await send(60, 100);
  client.close();
  await listener.close(0);
  return bursts;
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
      // Every other round in few lengths, so that responses share messages.
      const spread = round % 2 === 0 ? 1_190 : 3;
      const message = Buffer.alloc(40 + ((round * 31 + i * 7) % spread), round ^ i);
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
