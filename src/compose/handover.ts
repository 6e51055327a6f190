/** The handler that listeners hold: a reload puts another server behind it, between two packets. */
import type { Client, PacketHandler } from "../ports/packet-handler.ts";

export class Handover implements PacketHandler {
  #current: PacketHandler;

  constructor(first: PacketHandler) {
    this.#current = first;
  }

  to(next: PacketHandler): void {
    this.#current = next;
  }

  handle(packet: Buffer, start: number, end: number, out: Buffer, outStart: number, client: Client): number {
    return this.#current.handle(packet, start, end, out, outStart, client);
  }
}
