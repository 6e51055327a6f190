/** A client of the bench: one query, one response, read by dns-packet. */
import { createSocket } from "node:dgram";
import {
  AUTHENTIC_DATA,
  type DecodedPacket,
  decode,
  encode,
  RECURSION_DESIRED,
  type RecordType,
} from "dns-packet";

export interface Answer {
  readonly rcode: string;
  readonly isAuthentic: boolean;
  readonly data: readonly string[];
}

/** Asks once; `undefined` after `patienceMs` without a response. The AD bit asks for the verdict (RFC 6840 §5.7). */
export async function ask(
  port: number,
  name: string,
  type: string,
  patienceMs: number,
): Promise<Answer | undefined> {
  const socket = createSocket("udp4");
  const id = 1 + (asked++ % 65_000);
  const flags = RECURSION_DESIRED | AUTHENTIC_DATA;
  const query = encode({ type: "query", id, flags, questions: [{ name, type: type as RecordType }] });
  try {
    return await new Promise((resolve) => {
      const impatience = setTimeout(() => {
        resolve(undefined);
      }, patienceMs);
      const settle = (answer: Answer | undefined) => {
        clearTimeout(impatience);
        resolve(answer);
      };
      socket.on("message", (message) => {
        settle(answerIn(decode(message)));
      });
      // Nobody listens yet.
      socket.on("error", () => {
        settle(undefined);
      });
      socket.connect(port, "127.0.0.1", () => {
        socket.send(query);
      });
    });
  } finally {
    socket.close();
  }
}

let asked = 0;

function answerIn(message: DecodedPacket): Answer {
  const data = (message.answers ?? []).flatMap((record) => (record.type === "A" ? [record.data] : []));
  return {
    rcode: (message as { rcode?: string }).rcode ?? "",
    isAuthentic: message.flag_ad,
    data,
  };
}
