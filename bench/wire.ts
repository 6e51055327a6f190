/**
 * What the wire layer costs: CPU nanoseconds a call, and the same done by dns-packet where it can. Each case
 * is checked before it is timed. `npm run bench:wire`.
 *
 * Method: warm up, then runs of equal length; the median and the fastest. CPU time, so that a busy machine
 * matters less; one process, so that the code is as polymorphic as in the resolver.
 */
import assert from "node:assert/strict";
import { arch, cpus } from "node:os";
import { decode } from "dns-packet";
import type { Name, ResourceRecord } from "../src/ports/message.ts";
import { Flag } from "../src/wire/codes.ts";
import { FrameReader, frameOf } from "../src/wire/framing.ts";
import { compareNames, octetsOfName } from "../src/wire/names.ts";
import { isTextFault, nameFromText, recordFromText } from "../src/wire/presentation.ts";
import { isFault, readMessage } from "../src/wire/read-message.ts";
import { ScannedQuery, scanQuery } from "../src/wire/scan-query.ts";
import { type MessageParts, writeMessage } from "../src/wire/write-message.ts";
import { commandLine } from "./command-line.ts";

const RUNS = 9;
commandLine({ name: "wire", what: "What the wire layer costs a call, beside dns-packet." });

const CALLS = 100_000;

const SIGNATURE = Buffer.alloc(64, 7).toString("base64");
const SIGNED_BY = `20300101000000 20200101000000 2642 example.com. ${SIGNATURE}`;
const PADDED = {
  udpSize: 1232,
  version: 0,
  dnssecOk: true,
  options: [{ code: 12, data: Buffer.alloc(300) }],
};
const WWW = name("www.example.com.");
const QUESTION = { qname: WWW, qtype: 1, qclass: 1 };

const RESPONSES: Readonly<Record<string, MessageParts>> = {
  "CNAME and 2 A": response({
    answer: [
      "www.example.com. CNAME cdn.example.net.",
      "cdn.example.net. A 192.0.2.1",
      "cdn.example.net. A 192.0.2.2",
    ],
  }),
  "2 A, signed": response({
    answer: [
      "www.example.com. A 192.0.2.1",
      "www.example.com. A 192.0.2.2",
      `www.example.com. RRSIG A 13 3 300 ${SIGNED_BY}`,
    ],
  }),
  "NODATA, signed": response({
    authority: [
      "example.com. SOA ns.example.com. hostmaster.example.com. 1 7200 3600 1209600 300",
      `example.com. RRSIG SOA 13 2 300 ${SIGNED_BY}`,
      "www.example.com. NSEC zzz.example.com. A RRSIG NSEC",
      `www.example.com. RRSIG NSEC 13 3 300 ${SIGNED_BY}`,
    ],
  }),
};

function response(sections: { answer?: string[]; authority?: string[] }): MessageParts {
  return {
    id: 0x1234,
    flags: Flag.QR | Flag.RD | Flag.RA,
    questions: [QUESTION],
    answer: (sections.answer ?? []).map(record),
    authority: (sections.authority ?? []).map(record),
    edns: PADDED,
  };
}

function record(line: string): ResourceRecord {
  const read = recordFromText(line);
  if (isTextFault(read)) throw new Error(`${read.fault}: ${line}`);
  return read;
}

function name(text: string): Name {
  const read = nameFromText(text);
  if (read === undefined) throw new Error(`no name: ${text}`);
  return read;
}

function time(title: string, call: () => unknown): void {
  for (let i = 0; i < CALLS; i++) call();
  const nanoseconds = Array.from({ length: RUNS }, () => {
    const before = process.cpuUsage();
    for (let i = 0; i < CALLS; i++) call();
    const { user, system } = process.cpuUsage(before);
    return ((user + system) * 1000) / CALLS;
  }).sort((a, b) => a - b);
  const [median, fastest] = [nanoseconds[RUNS >> 1]!, nanoseconds[0]!].map((ns) => ns.toFixed(0).padStart(6));
  console.log(`${title.padEnd(44)} ${median} ns   fastest ${fastest} ns`);
}

console.log(`Node.js ${process.version}, ${arch()}, ${cpus()[0]?.model ?? "unknown CPU"}\n`);

for (const [title, parts] of Object.entries(RESPONSES)) {
  const octets = writeMessage(parts);
  assert(octets !== undefined);
  const message = readMessage(octets);
  assert(!isFault(message));
  assert.deepEqual(writeMessage(message), octets);
  time(`read: ${title}`, () => readMessage(octets));
  time(`write: ${title}`, () => writeMessage(parts));
  time(`  read by dns-packet`, () => decode(octets));
}

const query = writeMessage({
  id: 7,
  flags: Flag.RD,
  questions: [QUESTION],
  edns: { ...PADDED, options: [] },
});
assert(query !== undefined);
const capitals = Buffer.from(query);
capitals.write("WwW", 13, "latin1");
const scanned = new ScannedQuery();
for (const packet of [query, capitals]) {
  assert.equal(scanQuery(packet, 0, packet.length, scanned), 0);
  assert.equal(scanned.key, `${WWW}\0\x01\0\x01`);
}
time("scan: query with OPT", () => scanQuery(query, 0, query.length, scanned));
time("scan: the same with capitals (0x20)", () => scanQuery(capitals, 0, capitals.length, scanned));

const other = name("www.example.net.");
assert(compareNames(WWW, other) < 0);
time("names: canonical order of two", () => compareNames(WWW, other));
time("names: from text", () => nameFromText("www.example.com."));
assert.equal(octetsOfName(WWW).length, WWW.length);

const frame = frameOf(query);
assert(frame !== undefined);
const reader = new FrameReader();
let frames = 0;
time("framing: one message a chunk", () => {
  reader.push(frame, () => {
    frames += 1;
  });
});
assert.equal(frames, CALLS * (RUNS + 1));
