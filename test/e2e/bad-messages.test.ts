/**
 * Messages that no good client sends, to the running program, over UDP and TCP: each is answered as the RFCs
 * ask or dropped and counted, and the next good query is answered.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rcodeToText } from "../../src/wire/codes.ts";
import { isFault, readMessage } from "../../src/wire/read-message.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { labToml, type Program, startProgram } from "../support/program.ts";
import { idOf, query } from "../support/query.ts";
import { TcpTestClient, UdpClient, until } from "../support/socket-clients.ts";

const GOOD_ID = 0x4242;
const GOOD = query({ id: GOOD_ID, name: "www.example.com" });
const OPT = "0000290fa0000000000000";
const TAIL = "00010001";

/** A query with ID 7 and RD: counts in hex, and what comes after the header. */
function message(body: string, counts = "0001000000000000", flags = "0100"): Buffer {
  return Buffer.from(`0007${flags}${counts}${body}`, "hex");
}

const WWW = "03777777076578616d706c6503636f6d00";
const WITH_OPT = "0001000000000001";

const ANSWERED: readonly (readonly [string, Buffer, string])[] = [
  ["QDCOUNT 0 (RFC 9619)", message("", "0000000000000000"), "FORMERR"],
  ["QDCOUNT 2 (RFC 9619)", message(WWW + TAIL + WWW + TAIL, "0002000000000000"), "FORMERR"],
  ["opcode 5, UPDATE (RFC 8906 §3.1.4)", message(WWW + TAIL, undefined, "2900"), "NOTIMP"],
  ["class CH", message(`${WWW}00100003`), "REFUSED"],
  ["class ANY", message(`${WWW}000100ff`), "REFUSED"],
  ["RD=0", message(WWW + TAIL, undefined, "0000"), "REFUSED"],
  ["AXFR", message(`${WWW}00fc0001`), "NOTIMP"],
  ["two OPT records (RFC 6891 §6.1.1)", message(WWW + TAIL + OPT + OPT, "0001000000000002"), "FORMERR"],
  ["an OPT among the answers (RFC 6891 §6.1.1)", message(WWW + TAIL + OPT, "0001000100000000"), "FORMERR"],
  ["EDNS version 1 (RFC 6891 §6.1.3)", message(`${WWW}${TAIL}0000290fa0000100000000`, WITH_OPT), "BADVERS"],
  [
    "an option longer than its OPT (RFC 6891 §6.1.2)",
    message(`${WWW}${TAIL}0000290fa0000000000004000800ff`, WITH_OPT),
    "FORMERR",
  ],
  ["a label of 64 octets (RFC 1035 §2.3.4)", message(`40${"61".repeat(64)}00${TAIL}`), "FORMERR"],
  [
    "a name of 256 octets (RFC 1035 §2.3.4)",
    message(`${`3f${"61".repeat(63)}`.repeat(4)}00${TAIL}`),
    "FORMERR",
  ],
  ["a name that points at itself", message(`c00c${TAIL}`), "FORMERR"],
  ["two names that point at each other", message(`c00ec00c${TAIL}`), "FORMERR"],
  ["a name that points forward", message(`c0ff${TAIL}`), "FORMERR"],
  ["a question cut short", message(WWW), "FORMERR"],
  ["octets after the last record", message(`${WWW}${TAIL}ff`), "FORMERR"],
  ["a record that is announced and not there", message(WWW + TAIL, WITH_OPT), "FORMERR"],
];

const DROPPED: readonly (readonly [string, Buffer, string])[] = [
  ["11 octets", Buffer.alloc(11), "too-short"],
  ["a response (QR=1)", message(WWW + TAIL, undefined, "8180"), "not-a-query"],
  ["a header of ones", Buffer.alloc(12, 0xff), "not-a-query"],
];

let lab: Lab;
let program: Program;
let udp: UdpClient;
const clients: TcpTestClient[] = [];

beforeAll(async () => {
  lab = await startLab();
  program = await startProgram({
    toml: (folder) => labToml(lab, folder),
    listen: 'tcp_idle_timeout = "500ms"',
  });
  udp = await UdpClient.open({ host: "127.0.0.1", port: program.port });
  await udp.ask(GOOD);
});

afterAll(async () => {
  for (const client of clients) client.close();
  // Undefined where the set-up failed: what did start must still end.
  (udp as UdpClient | undefined)?.close();
  await (program as Program | undefined)?.stop();
  await lab.close();
});

async function connect(): Promise<TcpTestClient> {
  const client = await TcpTestClient.open({ host: "127.0.0.1", port: program.port });
  clients.push(client);
  return client;
}

async function dropped(reason: string): Promise<number> {
  const text = await (await fetch(`http://${program.metricsAddress}/metrics`)).text();
  return Number(new RegExp(`^sotto_dropped_total\\{reason="${reason}"\\} (\\d+)$`, "m").exec(text)?.[1]);
}

function rcodeOf(octets: Buffer): string {
  const read = readMessage(octets);
  return isFault(read) ? read : rcodeToText(read.rcode);
}

describe("a bad message over UDP", () => {
  it.each(ANSWERED)("with %s is answered, and so is the next good one", async (_what, octets, rcode) => {
    const response = await udp.ask(octets);

    expect([idOf(response), rcodeOf(response)]).toEqual([7, rcode]);
    expect(idOf(await udp.ask(GOOD))).toBe(GOOD_ID);
  });

  it.each([["nothing in it", Buffer.alloc(0), "too-short"] as const, ...DROPPED])(
    "with %s is dropped and counted, and the next good one answered",
    async (_what, octets, reason) => {
      const before = await dropped(reason);

      udp.send(octets);

      expect(idOf(await udp.ask(GOOD))).toBe(GOOD_ID);
      expect(await dropped(reason)).toBe(before + 1);
    },
  );
});

describe("a bad message over TCP", () => {
  it.each(ANSWERED)(
    "with %s is answered, and so is the next on the connection",
    async (_what, octets, rcode) => {
      const client = await connect();

      client.send(octets, GOOD);
      await until(() => client.received.length === 2);

      const [bad, good] = client.received.toSorted((one, other) => idOf(one) - idOf(other)) as [
        Buffer,
        Buffer,
      ];
      expect([idOf(bad), rcodeOf(bad), idOf(good)]).toEqual([7, rcode, GOOD_ID]);
    },
  );

  it.each(DROPPED)(
    "with %s is dropped and counted, and the next good one answered",
    async (_w, octets, reason) => {
      const before = await dropped(reason);
      const client = await connect();

      client.send(octets);

      expect(idOf(await client.ask(GOOD))).toBe(GOOD_ID);
      expect(await dropped(reason)).toBe(before + 1);
    },
  );

  it("of 65,535 octets is answered", async () => {
    const client = await connect();
    const longest = Buffer.concat([message(WWW + TAIL), Buffer.alloc(65_535 - 33, 0xc0)]);

    expect(rcodeOf(await client.ask(longest))).toBe("FORMERR");
  });

  it("with a length of 0 ends its connection, is counted, and nobody else notices", async () => {
    const before = await dropped("broken-frame");
    const client = await connect();

    client.socket.write(Buffer.alloc(2));
    await until(() => client.isClosed);

    expect(await dropped("broken-frame")).toBe(before + 1);
    expect(idOf(await udp.ask(GOOD))).toBe(GOOD_ID);
  });

  it("that is half there and then silent ends with the idle time, is counted, and nobody else waits", async () => {
    const before = await dropped("broken-frame");
    const client = await connect();

    client.socket.write(Buffer.from("00200001", "hex"));
    const other = await connect();
    expect(idOf(await other.ask(GOOD))).toBe(GOOD_ID);
    await until(() => client.isClosed);

    expect(await dropped("broken-frame")).toBe(before + 1);
  });
});
