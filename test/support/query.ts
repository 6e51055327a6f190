/** Queries as a client sends them, built by dns-packet: not by the code under test. */
import { encode, type Packet, RECURSION_DESIRED, type RecordType } from "dns-packet";

export interface QueryShape {
  readonly id?: number;
  readonly name?: string;
  readonly type?: RecordType;
  readonly edns?: boolean;
}

export function query({
  id = 1,
  name = "www.example.com",
  type = "A",
  edns = false,
}: QueryShape = {}): Buffer {
  const packet: Packet = {
    type: "query",
    id,
    flags: RECURSION_DESIRED,
    questions: [{ type, name }],
  };
  if (edns) {
    packet.additionals = [
      {
        type: "OPT",
        name: ".",
        udpPayloadSize: 1232,
        flags: 0,
        extendedRcode: 0,
        ednsVersion: 0,
        flag_do: false,
        options: [],
      },
    ];
  }
  return encode(packet);
}

export function idOf(message: Uint8Array): number {
  return (message[0]! << 8) | message[1]!;
}
