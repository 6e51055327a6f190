/** One configured `[[upstream.server]]` at run time: who it is, and what was counted. */
import type { Durations } from "../ports/durations.ts";
import { ServerCounters } from "./counters.ts";
import type { ServerOptions } from "./options.ts";

export interface Server {
  readonly options: ServerOptions;
  readonly counters: ServerCounters;
  readonly durations: Durations | undefined;
}

export function createServer(options: ServerOptions, durations: Durations | undefined): Server {
  return { options, counters: new ServerCounters(), durations };
}
