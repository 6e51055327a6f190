/**
 * The query log, for the operator who set `log.queries`: a line a query with client, question, outcome and time.
 * A decorator of the handler, so that nobody else pays for it.
 */
import type { Clock } from "../ports/clock.ts";
import type { Client, PacketHandler } from "../ports/packet-handler.ts";
import { rcodeToText, typeToText } from "../wire/codes.ts";
import { readExtendedErrors } from "../wire/edns.ts";
import { questionOfKey } from "../wire/names.ts";
import { nameToText } from "../wire/presentation.ts";
import { isFault, readMessage } from "../wire/read-message.ts";
import { ScannedQuery, scanQuery } from "../wire/scan-query.ts";
import type { QueryLog } from "./log.ts";

/** Messages that get no response get no line: `sotto_dropped_total` counts them. */
export function queryLogged(handler: PacketHandler, log: QueryLog, clock: Clock): PacketHandler {
  const scanned = new ScannedQuery();
  return {
    handle(packet, start, end, out, outStart, client) {
      const since = clock.now();
      scanQuery(packet, start, end, scanned);
      const { key } = scanned;
      const { clientAddress, transport } = client;
      const tell = (response: Uint8Array): void => {
        const ms = Math.round((clock.now() - since) * 1_000) / 1_000;
        log.query({
          client: clientAddress,
          transport,
          ...questionFields(key),
          ...outcomeFields(response),
          ms,
        });
      };
      const octets = handler.handle(packet, start, end, out, outStart, overheard(client, tell));
      if (octets > 0) tell(out.subarray(outStart, outStart + octets));
      return octets;
    },
  };
}

/** The client, whose late response is told as well. */
function overheard(client: Client, tell: (response: Uint8Array) => void): Client {
  return {
    transport: client.transport,
    receivedAt: client.receivedAt,
    clientAddress: client.clientAddress,
    detach(teaches) {
      const reply = client.detach(teaches);
      return (response) => {
        tell(response);
        reply(response);
      };
    },
  };
}

/** Nothing where the question could not be read. */
function questionFields(key: string): { readonly name?: string; readonly type?: string } {
  if (key === "") return {};
  const { qname, qtype } = questionOfKey(key);
  return { name: nameToText(qname), type: typeToText(qtype) };
}

function outcomeFields(response: Uint8Array): {
  readonly rcode?: string;
  readonly errors?: readonly string[];
} {
  const message = readMessage(response);
  if (isFault(message)) return {};
  const errors = readExtendedErrors(message.edns).map(({ infoCode, text }) => `${infoCode} ${text}`.trim());
  return { rcode: rcodeToText(message.rcode), ...(errors.length > 0 && { errors }) };
}
