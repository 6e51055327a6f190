/**
 * Asks a resolver in clear: for the addresses of an upstream's `host`, which encrypted resolver it designates, or for
 * a probe name where `portal.enabled` lets it go. Nothing else is ever asked here. An edge: opens sockets.
 *
 * UDP first, from a port of its own each time; TCP where the response is cut short, or does not give the letter
 * case of the name back, which an off-path attacker could not know.
 *
 * Source: RFC 1035 §4.2; RFC 5452 §9; RFC 7766 §5.
 */
import { createSocket } from "node:dgram";
import { connect, isIPv6 } from "node:net";
import type { Clock } from "../ports/clock.ts";
import type { Message, Question } from "../ports/message.ts";
import type { Random } from "../ports/random.ts";
import { Flag } from "../wire/codes.ts";
import { FrameReader, frameOf } from "../wire/framing.ts";
import type { AddressAndPort } from "./options.ts";
import { type PlainQuery, plainQuery } from "./plain-query.ts";

/** The response, or why there is none. Nothing more is sent once it is not wanted (absent: it always is). */
export type AskPlain = (
  resolver: AddressAndPort,
  question: Question,
  isWanted?: () => boolean,
) => Promise<Message | string>;

export interface PlainResolverDeps {
  readonly clock: Clock;
  readonly random: Random;
}

/** Milliseconds for a datagram's response, then for the next one's. */
const UDP_PATIENCE_MS = [1_000, 2_000] as const;
/** Milliseconds for connection and response over TCP. */
const TCP_PATIENCE_MS = 3_000;
/** Datagrams that are no response to the query, after which somebody is guessing: TCP then. */
const MAX_STRAYS = 16;

export function createPlainResolver(deps: PlainResolverDeps): AskPlain {
  return async (resolver, question, isWanted = () => true) => {
    for (const patience of UDP_PATIENCE_MS) {
      if (!isWanted()) return "is not asked any more";
      const query = plainQuery(question, deps.random);
      const response = await overUdp(resolver, query, patience, deps.clock);
      if (response === "unreachable") break;
      if (response === "silent") continue;
      if (response === "doubtful" || (response.flags & Flag.TC) !== 0) break;
      return response;
    }
    if (!isWanted()) return "is not asked any more";
    return overTcp(resolver, plainQuery(question, deps.random), deps.clock);
  };
}

type Datagram = Message | "silent" | "doubtful" | "unreachable";

function overUdp(
  resolver: AddressAndPort,
  query: PlainQuery,
  patience: number,
  clock: Clock,
): Promise<Datagram> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(resolver.address) ? "udp6" : "udp4");
    let strays = 0;
    const end = (result: Datagram): void => {
      cancel();
      // Closing twice throws.
      socket.removeAllListeners().on("error", () => undefined);
      socket.close();
      resolve(result);
    };
    const cancel = clock.after(patience, () => {
      end("silent");
    });
    socket.on("message", (octets) => {
      const response = query.read(octets);
      if (response !== undefined) end(response.isExact ? response.message : "doubtful");
      else if (++strays > MAX_STRAYS) end("doubtful");
    });
    socket.once("error", () => {
      end("unreachable");
    });
    // Connected: the kernel drops what comes from elsewhere, and an ICMP error is known at once. A network that is not
    // there is told to the listener as an argument, which Node's types leave out, and then nothing can be sent.
    socket.connect(resolver.port, resolver.address, (fault?: Error) => {
      if (fault === undefined) socket.send(query.octets);
      else end("unreachable");
    });
  });
}

function overTcp(resolver: AddressAndPort, query: PlainQuery, clock: Clock): Promise<Message | string> {
  return new Promise((resolve) => {
    const socket = connect({ host: resolver.address, port: resolver.port, noDelay: true });
    const frames = new FrameReader();
    const end = (result: Message | string): void => {
      cancel();
      socket.destroy();
      resolve(result);
    };
    const cancel = clock.after(TCP_PATIENCE_MS, () => {
      end("does not answer");
    });
    socket.on("data", (chunk: Buffer) => {
      frames.push(chunk, (octets, from, to) => {
        const response = query.read(octets.subarray(from, to));
        // Whoever answers on the connection is the resolver: letter case proves nothing more.
        end(response?.message ?? "answers another question");
      });
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      end(error.code === "ECONNREFUSED" ? "refuses connections" : `cannot be reached (${error.code})`);
    });
    socket.once("close", () => {
      end("hangs up");
    });
    const frame = frameOf(query.octets);
    if (frame !== undefined) socket.write(frame);
  });
}
