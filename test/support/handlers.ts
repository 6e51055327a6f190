/** Packet handlers for tests of listeners. */
import type { Client, PacketHandler, Reply } from "../../src/ports/packet-handler.ts";

/** Sends each message back with QR set, at once. */
export const echo: PacketHandler = {
  handle(packet, start, end, out, outStart) {
    packet.copy(out, outStart, start, end);
    out[outStart + 2] = out[outStart + 2]! | 0x80;
    return end - start;
  },
};

export function handlerOf(answer: (query: Buffer, client: Client) => Uint8Array | undefined): PacketHandler {
  return {
    handle(packet, start, end, out, outStart, client) {
      const response = answer(Buffer.from(packet.subarray(start, end)), client);
      if (response === undefined) return 0;
      out.set(response, outStart);
      return response.length;
    },
  };
}

/** Answers each message by itself after a microtask and a tick: nothing else keeps the event loop awake. */
export const later: PacketHandler = handlerOf((query, client) => {
  const reply = client.detach();
  queueMicrotask(() => {
    process.nextTick(reply, query);
  });
  return undefined;
});

/** Detaches every query and keeps it until the test answers. */
export class Waiting implements PacketHandler {
  readonly queries: { readonly query: Buffer; readonly reply: Reply }[] = [];

  handle(packet: Buffer, start: number, end: number, _out: Buffer, _at: number, client: Client): number {
    this.queries.push({ query: Buffer.from(packet.subarray(start, end)), reply: client.detach() });
    return 0;
  }
}
