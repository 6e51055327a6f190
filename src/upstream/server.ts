/** One configured `[[upstream.server]]` at run time: who it is, and what was counted. */
import type { Durations } from "../ports/durations.ts";
import type { Question } from "../ports/message.ts";
import { ServerCounters } from "./counters.ts";
import type { ServerOptions } from "./options.ts";

/** The whole query for a server; its ID is set when it is sent. Its memory is used again for the next one. */
export type EncodeFor = (question: Question, server: Server, isEncrypted: boolean) => Uint8Array;

export interface Server {
  readonly options: ServerOptions;
  readonly counters: ServerCounters;
  readonly durations: Durations | undefined;
}

export function createServer(options: ServerOptions, durations: Durations | undefined): Server {
  return { options, counters: new ServerCounters(), durations };
}
