/** The whole resolver inside the test's process: from TOML to a listener, without build and without a program. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type App, createApp } from "../../src/app.ts";
import type { Config } from "../../src/config/config.ts";
import { loadConfig } from "../../src/config/load.ts";
import { namedFiles } from "../../src/config/named-files.ts";
import type { ProgramLog } from "../../src/observe/log.ts";
import type { NetworkResolvers } from "../../src/ports/network-resolvers.ts";
import { BATCH_IO } from "./batch-io.ts";
import { SilentLog } from "./silent-log.ts";

export interface RunningApp {
  /** Of 127.0.0.1, UDP and TCP. */
  readonly port: number;
  readonly app: App;
  readonly log: SilentLog;
  stop(): Promise<void>;
}

/**
 * `toml` comes after `[listen]`, `[metrics]` and `[control]`, which are the test's own. A `stateDir` is the caller's,
 * and stays when the resolver stops.
 */
export async function startApp(
  toml: (folder: string) => string,
  options: { readonly stateDir?: string; readonly networkResolvers?: NetworkResolvers } = {},
): Promise<RunningApp> {
  const folder = mkdtempSync(join(tmpdir(), "sotto-app-"));
  const config = configFrom(folder, toml(folder), options.stateDir);
  const log = new KeptLog();
  const { networkResolvers } = options;
  const app = await createApp(config, {
    version: "0.0.0",
    env: {},
    log,
    ...(networkResolvers && { networkResolvers }),
  });
  const { listeners } = await app.start();
  return {
    port: listeners[0]?.port ?? 0,
    app,
    log,
    async stop() {
      await app.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A configuration of which everything that is kept lies in `folder`, but for a `stateDir` of the caller's. */
export function configFrom(folder: string, toml: string, stateDir = join(folder, "state")): Config {
  const file = join(folder, "sotto.toml");
  const own = [
    `state_dir = "${stateDir}"`,
    `[listen]\naddresses = ["127.0.0.1:0"]\nbatch_io = "${BATCH_IO}"`,
    '[metrics]\naddress = ""',
    `[control]\nsocket = "${folder}/control.sock"`,
  ];
  writeFileSync(file, [...own, toml].join("\n\n"));
  const machine = { env: {}, uid: 1000, platform: "linux", cwd: folder };
  const loaded = loadConfig({ path: file, machine, files: namedFiles });
  if ("faults" in loaded) throw new Error(loaded.faults.map((fault) => JSON.stringify(fault)).join("\n"));
  return loaded.config;
}

/** What the whole resolver logs to. */
export class KeptLog extends SilentLog implements ProgramLog {
  readonly queries = undefined;
  readonly dropped = (): number => 0;
  setLevel(): void {}
  flush(): void {}
}
