/**
 * Loads the resolver, once it is clear that it will run.
 *
 * What its modules do once is not compiled meanwhile, though it be a long loop, such as the one by which tldts makes its
 * table: that is as much CPU time as the loop takes, and with Node 24 5 MiB of the compiler's own pages, which
 * an idle process does not need again.
 */
import { setFlagsFromString } from "node:v8";
import type { createApp, processesOf } from "../app.ts";
import type { createLog } from "../observe/log.ts";

export interface ResolverCode {
  readonly createApp: typeof createApp;
  readonly processesOf: typeof processesOf;
  readonly createLog: typeof createLog;
}

export async function loadResolver(): Promise<ResolverCode> {
  // Compiling a loop while it runs: on-stack replacement.
  setFlagsFromString("--no-use-osr");
  try {
    const [app, log] = await Promise.all([import("../app.ts"), import("../observe/log.ts")]);
    return { createApp: app.createApp, processesOf: app.processesOf, createLog: log.createLog };
  } finally {
    setFlagsFromString("--use-osr");
  }
}
