/**
 * Keeps a defect in the handler from ending the process: the packet that met it is dropped and counted,
 * the next one is served.
 */
import type { Instant } from "../ports/clock.ts";
import type { PacketHandler } from "../ports/packet-handler.ts";
import type { ListenerDeps } from "./listener.ts";

/** Milliseconds between two log lines: whoever finds such a packet can send many. */
const LOG_INTERVAL = 10_000;

export function guarded({ handler, drops, clock, log }: ListenerDeps): PacketHandler {
  let loggedAt: Instant = Number.NEGATIVE_INFINITY;
  return {
    handle(packet, start, end, out, outStart, client) {
      try {
        return handler.handle(packet, start, end, out, outStart, client);
      } catch (error) {
        drops["internal-error"]++;
        if (clock.now() - loggedAt >= LOG_INTERVAL) {
          loggedAt = clock.now();
          log.error(
            { where: whereOf(error), transport: client.transport },
            "a query met a defect of this program",
          );
        }
        return 0;
      }
    },
  };
}

/** The frames of a stack trace without its message, which might hold octets of the query. */
function whereOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /u.test(line));
  return [error.name, ...frames.slice(0, 5).map((line) => line.trim())].join(" ");
}
