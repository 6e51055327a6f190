/**
 * No queried name and no client address in anything that is kept or shown while `log.queries` is false: what clients
 * send at random, through every kind of answer and failure, and then a search for the marks in the log at its lowest
 * level, standard error, metrics, status page, error texts, and in the failures themselves.
 */
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SystemClock, SystemRandom } from "../../src/compose/system.ts";
import { createUpstreamPart } from "../../src/compose/upstreams.ts";
import { createValidationPart } from "../../src/compose/validation-part.ts";
import { createSharding } from "../../src/privacy/sharding.ts";
import { budgetUntil } from "../../src/resolve/budget.ts";
import { readExtendedErrors } from "../../src/wire/edns.ts";
import { questionKey } from "../../src/wire/names.ts";
import { nameFromText } from "../../src/wire/presentation.ts";
import { isFault, readMessage } from "../../src/wire/read-message.ts";
import type { Behaviour } from "../lab/behaviour.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { MarkedPackets } from "../support/marked-packets.ts";
import { labToml, type Program, startProgram } from "../support/program.ts";
import { configFrom } from "../support/running-app.ts";
import { SeededRandom } from "../support/seeded-random.ts";
import { SilentLog } from "../support/silent-log.ts";

/** A label that nothing else holds, and addresses that only clients have: one that may ask and one that may not. */
const MARK = "qzxvmarker";
const CLIENT = "127.0.0.77";
const STRANGER = "127.0.0.78";

const ZONES = [
  "example.com",
  "insecure.com",
  "expired.example",
  "wrong-ds.example",
  "stripped.example",
  "optout.example",
  "home.arpa",
  "onion",
  "no-such-tld-at-all",
  "blocked.example.net",
  "wild.example.com",
];

/** Each of these makes another part of the transport complain. */
const BEHAVIOURS: readonly Behaviour[] = [
  {},
  { misanswer: "garbage" },
  { misanswer: "wrong-question" },
  { misanswer: "short-message" },
  { misanswer: "truncated-frame" },
  { misanswer: "query-echo" },
  { ending: "rst-mid-answer", closeAfter: 1 },
  { rcode: 2 },
  { rcode: 5 },
  { silent: true },
  { greeting: "220 this is no DNS server\r\n" },
  { resetOnAccept: true },
];

/** Packets a round, over UDP and TCP each. */
const PACKETS = 60;
/** Milliseconds for a query, and for what follows from the packets of a round. */
const QUERY_TIME = 300;
/** Milliseconds without a response after which a round is over, and after which it is over anyway. */
const SILENCE = 400;
const MOST_TIME = 4_000;

const random = new SeededRandom(0x7_1337);
const packets = new MarkedPackets(MARK, ZONES, random);

function leaks(text: string): string[] {
  return [
    MARK,
    Buffer.from(MARK).toString("hex"),
    Buffer.from(MARK).toString("base64"),
    CLIENT,
    STRANGER,
  ].filter((secret) => text.toLowerCase().includes(secret.toLowerCase()));
}

describe("with log.queries = false", () => {
  let lab: Lab;
  let program: Program;
  let shown: string;
  const errorTexts: string[] = [];
  let responses = 0;

  beforeAll(async () => {
    lab = await startLab({ records: { "example.net.": ["private A 10.0.0.1"] } });
    program = await startProgram({
      listen: `allow = ["${CLIENT}/32"]\nmax_tcp_clients = 2\ntcp_idle_timeout = "200ms"`,
      toml: (folder) => `${labToml(lab, folder)}

[upstream]
query_timeout = "${QUERY_TIME}ms"

[log]
level = "trace"
`,
    });
    const udp = await boundTo(CLIENT);
    const stranger = await boundTo(STRANGER);
    udp.on("message", (octets) => {
      responses++;
      const message = readMessage(octets);
      if (!isFault(message)) errorTexts.push(...readExtendedErrors(message.edns).map(({ text }) => text));
    });
    for (const behaviour of BEHAVIOURS) {
      lab.upstream.setBehaviour(behaviour);
      lab.upstream.endConnections("rst");
      await playRound(program, { udp, stranger }, () => responses);
    }
    shown = await pagesOf(program.metricsAddress);
    udp.close();
    stranger.close();
  });

  afterAll(async () => {
    // Undefined where the set-up failed: what did start must still end.
    await (program as Program | undefined)?.stop();
    await lab.close();
  });

  it("the log at `trace` holds no name and no client address", () => {
    expect(program.log.length).toBeGreaterThan(3);
    expect(leaks(JSON.stringify(program.log))).toEqual([]);
  });

  it("nothing is said on standard error", () => {
    expect(program.errors()).toBe("");
  });

  it("metrics, status page and answers of the status endpoint hold no name and no client address", () => {
    expect(shown).toContain("sotto_responses_total");
    expect(leaks(shown)).toEqual([]);
  });

  it("Extended DNS Errors hold no name and no address of another", () => {
    expect(responses).toBeGreaterThan(BEHAVIOURS.length * PACKETS * 0.5);
    expect(new Set(errorTexts).size).toBeGreaterThan(2);
    expect(leaks(errorTexts.join("\n"))).toEqual([]);
  });
});

describe("failures themselves", () => {
  it("hold no name, nor do their causes and stacks", async () => {
    const lab = await startLab();
    const folder = mkdtempSync(join(tmpdir(), "sotto-failures-"));
    const config = configFrom(folder, labToml(lab, folder));
    const [clock, log] = [new SystemClock(), new SilentLog()];
    const salt = new Uint8Array(32);
    const sharding = createSharding(salt);
    const parts = { config, clock, log, random: new SystemRandom() };
    const upstreams = createUpstreamPart({
      ...parts,
      sharding: () => sharding,
      isClockWrong: () => false,
      validatedOver: (other) => other,
    });
    const { raw, minimises } = upstreams;
    const validation = createValidationPart(config, {
      ...parts,
      raw,
      minimises,
      onAgeing: () => undefined,
    });
    const told: unknown[] = [];
    const steps: unknown[] = [];

    for (const behaviour of BEHAVIOURS) {
      lab.upstream.setBehaviour(behaviour);
      lab.upstream.endConnections("rst");
      const asked = ZONES.map(async (zone, i) => {
        const qname = nameFromText(`${MARK}.n${told.length + i}.${zone}`)!;
        const question = { qname, qtype: i % 2 === 0 ? 1 : 43, qclass: 1 };
        const query = { question, key: questionKey(question), purpose: "client" as const };
        const budget = budgetUntil(clock.now() + QUERY_TIME);
        const { errors } = await validation.exchange.exchange(query, budget);
        steps.push(...errors);
      });
      for (const outcome of await Promise.allSettled(asked)) {
        if (outcome.status === "rejected") told.push(outcome.reason);
      }
    }
    validation.close();
    await upstreams.close();
    await lab.close();
    rmSync(folder, { recursive: true });

    const heap = inspect([told, steps], { depth: Infinity, showHidden: true, maxArrayLength: null });
    const faults = new Set(told.map((error) => (error as { fault?: string }).fault));
    expect(told.length).toBeGreaterThan(40);
    expect(faults.size).toBeGreaterThan(1);
    expect(steps.length).toBeGreaterThan(5);
    expect(leaks(heap)).toEqual([]);
    expect(leaks(JSON.stringify(log.lines))).toEqual([]);
  });
});

async function boundTo(address: string): Promise<UdpSocket> {
  const socket = createSocket("udp4");
  socket.bind(0, address);
  await once(socket, "listening");
  return socket;
}

/** Whole queries, damaged ones and noise over UDP, from who may ask and who may not, then over TCP. */
async function playRound(
  program: Program,
  { udp, stranger }: { readonly udp: UdpSocket; readonly stranger: UdpSocket },
  responses: () => number,
): Promise<void> {
  for (let i = 0; i < PACKETS; i++) {
    const packet = i % 3 > 0 ? packets.query() : i % 2 === 0 ? packets.damaged() : packets.noise();
    udp.send(packet, program.port, "127.0.0.1");
    if (i % 6 === 0) stranger.send(packets.query(), program.port, "127.0.0.1");
  }
  // One more than may be open at a time.
  const clients = [CLIENT, CLIENT, CLIENT, STRANGER].map((from) => overTcp(program.port, from));
  const control = connect(join(program.folder, "control.sock"));
  control.on("error", () => undefined);
  control.write(`{"command":"lookup","name":"${MARK}.example.com","type":"A"}\n{"${MARK}\n`);
  await untilSilent(responses);
  for (const socket of [...clients, control]) socket.destroy();
}

async function untilSilent(responses: () => number): Promise<void> {
  const end = performance.now() + MOST_TIME;
  for (let before = -1; before !== responses() && performance.now() < end; ) {
    before = responses();
    await new Promise((resolve) => setTimeout(resolve, SILENCE));
  }
}

/** Frames, and at the end one that promises more than follows. */
function overTcp(port: number, from: string): Socket {
  const socket = connect({ port, host: "127.0.0.1", localAddress: from });
  socket.on("error", () => undefined);
  for (let i = 0; i < PACKETS / 6; i++) {
    const packet = i % 3 === 2 ? packets.damaged() : packets.query();
    socket.write(Buffer.concat([Buffer.of(packet.length >> 8, packet.length & 0xff), packet]));
  }
  const last = packets.query();
  socket.write(Buffer.concat([Buffer.of(4, 0), last]));
  return socket;
}

/** Everything that the status endpoint says, also to who asks for what is not there. */
async function pagesOf(address: string): Promise<string> {
  const paths = ["/", "/metrics", "/readyz", "/healthz", `/${MARK}`, `/metrics?name=${MARK}`, `/%ff${MARK}`];
  return (await Promise.all(paths.map((path) => pageOf(address, path)))).join("\n");
}

async function pageOf(address: string, path: string): Promise<string> {
  const [host = "", port = ""] = address.split(":");
  const asked = request({ host, port, path, localAddress: CLIENT, headers: { "x-name": MARK } });
  asked.end();
  const [response] = (await once(asked, "response")) as [NodeJS.ReadableStream & { statusCode?: number }];
  let text = `${response.statusCode}\n`;
  for await (const chunk of response) text += String(chunk);
  return text;
}
