/** A stub resolver's side of the demo: one query over UDP, one response. */
import { createSocket } from "node:dgram";
import type { EdnsOption, Message } from "../../src/ports/message.ts";
import { Class, Flag, OptionCode } from "../../src/wire/codes.ts";
import { nameFromText, nameToText } from "../../src/wire/presentation.ts";
import { isFault, readMessage } from "../../src/wire/read-message.ts";
import { writeMessage } from "../../src/wire/write-message.ts";
import type { Lookup } from "./lookups.ts";

export interface Answer {
  readonly message: Message;
  readonly milliseconds: number;
}

/** Milliseconds; longer than the resolver may take. */
const PATIENCE_MS = 6_000;

/** 192.0.2.0/24, a client cookie, and NSID: what a query should not say about its sender. */
const CHATTER: readonly EdnsOption[] = [
  { code: OptionCode.ECS, data: Uint8Array.of(0, 1, 24, 0, 192, 0, 2) },
  { code: OptionCode.COOKIE, data: Uint8Array.from({ length: 8 }, (_, index) => 0xa0 + index) },
  { code: OptionCode.NSID, data: new Uint8Array(0) },
];

export async function ask(port: number, { name, type, chatty }: Lookup): Promise<Answer> {
  const qname = nameFromText(name);
  if (qname === undefined) throw new Error(`${name} is no name`);
  const query = writeMessage({
    id: 0x50_77,
    flags: Flag.RD,
    rcode: 0,
    questions: [{ qname, qtype: type, qclass: Class.IN }],
    answer: [],
    authority: [],
    additional: [],
    edns: { udpSize: 1_232, version: 0, dnssecOk: true, options: chatty ? CHATTER : [] },
  });
  if (query === undefined) throw new Error("the query does not fit");
  // Names inside are in lower case; a client's letters are put back here.
  if (nameToText(qname) !== name) spell(query, name);
  const from = performance.now();
  const response = await exchange(port, query);
  const message = readMessage(response);
  if (isFault(message)) throw new Error(`the response cannot be read: ${message}`);
  return { message, milliseconds: performance.now() - from };
}

function spell(query: Uint8Array, name: string): void {
  let at = 12;
  for (const label of name.replace(/\.$/, "").split(".")) {
    query.set(Buffer.from(label, "latin1"), at + 1);
    at += 1 + label.length;
  }
}

async function exchange(port: number, query: Uint8Array): Promise<Uint8Array> {
  const socket = createSocket("udp4");
  try {
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error("the resolver did not answer"));
      }, PATIENCE_MS);
      socket.on("error", reject);
      socket.on("message", (message) => {
        clearTimeout(timer);
        resolve(message);
      });
      socket.send(query, port, "127.0.0.1");
    });
  } finally {
    socket.close();
  }
}
