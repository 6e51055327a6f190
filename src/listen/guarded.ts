/**
 * Keeps a defect in the handler from ending the process, or from sending a client what it was not promised: the packet
 * that met it is dropped and counted, the next one is served.
 */
import type { Instant } from "../ports/clock.ts";
import type { Client, PacketHandler } from "../ports/packet-handler.ts";
import { MAX_MESSAGE_OCTETS } from "../wire/read-message.ts";
import type { ListenerDeps } from "./listener.ts";
import { MAX_UDP_RESPONSE } from "./udp-rules.ts";

/** Milliseconds between two log lines: whoever finds such a packet can send many. */
const LOG_INTERVAL = 10_000;

export function guarded({ handler, drops, clock, log }: ListenerDeps): PacketHandler {
  let loggedAt: Instant = Number.NEGATIVE_INFINITY;
  const note = (where: string, { transport }: Client): 0 => {
    drops["internal-error"]++;
    if (clock.now() - loggedAt >= LOG_INTERVAL) {
      loggedAt = clock.now();
      log.error({ where, transport }, "a query met a defect of this program");
    }
    return 0;
  };
  return {
    handle(packet, start, end, out, outStart, client) {
      try {
        const octets = handler.handle(packet, start, end, out, outStart, client);
        // What was written too far will be written over; sent, it would hold another client's response.
        return octets <= roomFor(client) ? octets : note("a response without room", client);
      } catch (error) {
        return note(whereOf(error), client);
      }
    },
  };
}

function roomFor({ transport }: Client): number {
  return transport === "udp" ? MAX_UDP_RESPONSE : MAX_MESSAGE_OCTETS;
}

/** The frames of a stack trace without its message, which might hold octets of the query. */
function whereOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /u.test(line));
  return [error.name, ...frames.slice(0, 5).map((line) => line.trim())].join(" ");
}
