/** What a validating resolver makes of many questions, seen as a client sees it (RFC 4035 §3.2.3). */
import { connect } from "node:net";
import type { Question } from "../../src/ports/message.ts";
import { Flag, Type } from "../../src/wire/codes.ts";
import { isFault, readMessage } from "../../src/wire/read-message.ts";
import { writeMessage } from "../../src/wire/write-message.ts";

export interface Judged {
  /** By AD, and SERVFAIL; a failure to resolve looks like bogus. `lost`: no response in time. */
  readonly verdict: "secure" | "insecure" | "bogus" | "lost";
  readonly rcode: number;
  /** RDATA of the records of the type asked for, in hex and order. */
  readonly data: readonly string[];
}

const IN_FLIGHT = 64;
const SERVFAIL = 2;
const LOST: Judged = { verdict: "lost", rcode: -1, data: [] };

/** Asks them all over TCP with DO, many at a time; `patience` in milliseconds for each wave without a response. */
export async function judged(
  port: number,
  questions: readonly Question[],
  patience = 10_000,
): Promise<Judged[]> {
  const results = questions.map(() => LOST);
  const socket = connect(port, "127.0.0.1");
  let sent = 0;
  let got = 0;
  let unread = Buffer.alloc(0);
  const fill = (): void => {
    for (; sent < questions.length && sent - got < IN_FLIGHT; sent++) {
      socket.write(queryFor(questions[sent] as Question, sent));
    }
    if (got === questions.length) socket.end();
  };
  await new Promise<void>((resolve, reject) => {
    socket.setTimeout(patience, () => socket.destroy());
    socket.once("connect", fill);
    socket.once("error", reject);
    socket.once("close", () => {
      resolve();
    });
    socket.on("data", (chunk) => {
      unread = Buffer.concat([unread, chunk]);
      while (unread.length >= 2 && unread.length >= unread.readUInt16BE(0) + 2) {
        const end = unread.readUInt16BE(0) + 2;
        const at = unread.readUInt16BE(2);
        results[at] = judgement(unread.subarray(2, end), questions[at]?.qtype ?? 0);
        unread = unread.subarray(end);
        got += 1;
      }
      fill();
    });
  });
  return results;
}

function judgement(octets: Buffer, qtype: number): Judged {
  const message = readMessage(octets);
  if (isFault(message)) return LOST;
  const { rcode, flags, answer } = message;
  const data = answer
    .filter(({ type }) => type === qtype)
    .map(({ rdata }) => Buffer.from(rdata).toString("hex"));
  const verdict = rcode === SERVFAIL ? "bogus" : (flags & Flag.AD) === 0 ? "insecure" : "secure";
  return { verdict, rcode, data: qtype === Type.RRSIG ? [] : data.sort() };
}

function queryFor(question: Question, id: number): Buffer {
  const query = writeMessage({
    id,
    flags: Flag.RD,
    questions: [question],
    edns: { udpSize: 1232, version: 0, dnssecOk: true, options: [] },
  }) as Buffer;
  const length = Buffer.alloc(2);
  length.writeUInt16BE(query.length);
  return Buffer.concat([length, query]);
}
