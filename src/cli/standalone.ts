/** The whole resolver in this process, without listeners, for one command. */
import type { App } from "../app.ts";
import { createApp } from "../app.ts";
import type { Loaded } from "../config/load.ts";
import { createLog } from "../observe/log.ts";
import type { Session } from "./session.ts";
import { version } from "./version.ts";

/** Runs `work` with a resolver of the configuration, and ends the resolver whatever happens. */
export async function withStandalone<Result>(
  session: Session,
  { config }: Loaded,
  work: (app: App) => Promise<Result>,
): Promise<Result> {
  // Standard output is the result's; what the resolver has to say is about trouble.
  const log = await createLog({
    level: "warn",
    format: "auto",
    queries: false,
    destination: 2,
    writes: "direct",
  });
  const app = await createApp(config, { version, env: session.machine.env, log, isOneOff: true });
  try {
    return await work(app);
  } finally {
    await app.stop();
  }
}
