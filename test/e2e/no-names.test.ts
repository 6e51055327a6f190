/**
 * No queried name and no client address in anything that is kept or shown: log at its lowest level, metrics,
 * status page, error texts; through every kind of answer and failure.
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isFault, readMessage } from "../../src/wire/read-message.ts";
import { readExtendedErrors } from "../../src/wire/edns.ts";
import type { Behaviour } from "../lab/behaviour.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { labToml, type Program, startProgram } from "../support/program.ts";
import { query } from "../support/query.ts";

/** A label that nothing else holds, and an address that only the client has. */
const MARK = "qzxvmarker";
const CLIENT = "127.0.0.77";

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
  { ending: "rst-mid-answer", closeAfter: 1 },
  { rcode: 2 },
  { rcode: 5 },
  { silent: true },
  { greeting: "220 this is no DNS server\r\n" },
  { resetOnAccept: true },
];

describe("with log.queries = false", () => {
  let lab: Lab;
  let program: Program;
  let shown: string;
  const errorTexts: string[] = [];

  beforeAll(async () => {
    lab = await startLab({ records: { "example.net.": ["private A 10.0.0.1"] } });
    program = await startProgram({
      toml: (folder) => `${labToml(lab, folder)}

[upstream]
query_timeout = "400ms"

[log]
level = "trace"
`,
    });
    for (const [round, behaviour] of BEHAVIOURS.entries()) {
      lab.upstream.setBehaviour(behaviour);
      lab.upstream.endConnections("rst");
      const texts = await askAll(program.port, round);
      errorTexts.push(...texts);
    }
    const pages = await Promise.all(
      ["", "metrics", "readyz"].map(async (page) =>
        (await fetch(`http://${program.metricsAddress}/${page}`)).text(),
      ),
    );
    shown = pages.join("\n");
  });

  afterAll(async () => {
    // Undefined where the set-up failed: what did start must still end.
    await (program as Program | undefined)?.stop();
    await lab.close();
  });

  it("the log holds no name and no client address", () => {
    const text = JSON.stringify(program.log);

    expect(program.log.length).toBeGreaterThan(3);
    expect(text).not.toContain(MARK);
    expect(text).not.toContain(CLIENT);
  });

  it("metrics and status page hold no name and no client address", () => {
    expect(shown).toContain("sotto_responses_total");
    expect(shown).not.toContain(MARK);
    expect(shown).not.toContain(CLIENT);
  });

  it("Extended DNS Errors hold no name and no address of another", () => {
    expect(errorTexts.length).toBeGreaterThan(ZONES.length);
    expect(errorTexts.filter((text) => text.includes(MARK) || text.includes(CLIENT))).toEqual([]);
  });
});

/** One query a zone and type, and some that are no queries; gives the texts of the errors that come back. */
async function askAll(port: number, round: number): Promise<string[]> {
  const socket = createSocket("udp4");
  socket.bind(0, CLIENT);
  await once(socket, "listening");
  const packets = ZONES.map((zone, index) =>
    query({ id: index + 1, name: `${MARK}${round}.${zone}`, edns: true, type: index % 2 === 0 ? "A" : "DS" }),
  );
  const texts: string[] = [];
  // The cut ones are answered too, with FORMERR.
  const expected = 2 * packets.length;
  let seen = 0;
  const done = new Promise<void>((resolve) => {
    socket.on("message", (octets) => {
      const message = readMessage(octets);
      if (!isFault(message)) texts.push(...readExtendedErrors(message.edns).map(({ text }) => text));
      if (++seen === expected) resolve();
    });
  });
  for (const packet of packets) {
    socket.send(packet.subarray(0, packet.length - 3), port, "127.0.0.1");
    socket.send(packet, port, "127.0.0.1");
  }
  const patience = new Promise<void>((resolve) => setTimeout(resolve, 1_500));
  await Promise.race([done, patience]);
  socket.close();
  return texts;
}
