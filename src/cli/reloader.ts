/**
 * Reads the configuration again and puts it in force; a faulty one changes nothing. One reload at a time, and none once
 * the program ends.
 */
import type { Config } from "../config/config.ts";
import type { Loaded, NotLoaded } from "../config/load.ts";
import type { Log } from "../ports/log.ts";
import type { ReloadView } from "./control/protocol.ts";
import type { Notifier } from "./notify.ts";
import { faultLines, warningLines } from "./session.ts";

export interface ReloaderDeps {
  read(): Loaded | NotLoaded;
  /** Gives the keys whose new value holds only after a restart. */
  apply(config: Config): Promise<readonly string[]>;
  readonly notifier: Notifier;
  readonly log: Log;
  tellWarnings(loaded: Loaded): void;
}

const NEEDS_RESTART = "changes only with a restart";

export class Reloader {
  readonly #deps: ReloaderDeps;
  #last: Promise<unknown> = Promise.resolve();
  #waiting: Promise<ReloadView> | undefined;
  #isEnding = false;

  constructor(deps: ReloaderDeps) {
    this.#deps = deps;
  }

  /** Reloads asked for before `start` has ended come after it. */
  waitFor(start: Promise<unknown>): void {
    this.#last = start.catch(() => undefined);
  }

  /** One that waits has not read the file yet: it does for all who ask meanwhile, be it a storm of signals. */
  reload(): Promise<ReloadView> {
    if (this.#waiting !== undefined) return this.#waiting;
    const next = this.#last.then(() => {
      this.#waiting = undefined;
      return this.#reloadNow();
    });
    this.#waiting = next;
    this.#last = next.catch(() => undefined);
    return next;
  }

  /** From now on nothing is reloaded, and the service manager hears of none. */
  end(): void {
    this.#isEnding = true;
  }

  async #reloadNow(): Promise<ReloadView> {
    if (this.#isEnding) throw new Error("the instance is stopping");
    const { read, apply, notifier, log, tellWarnings } = this.#deps;
    const loaded = read();
    const { source } = loaded;
    if ("faults" in loaded) {
      for (const { line, key, text } of loaded.faults) log.error({ file: source, line, key }, text);
      log.error({ file: source }, "not reloaded: the configuration has faults, the old one stays");
      return { source, faults: faultLines(loaded), warnings: warningLines(loaded) };
    }
    tellWarnings(loaded);
    // sd_notify(3): RELOADING=1 goes with the time by CLOCK_MONOTONIC, which is what hrtime reads.
    notifier.notify(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1_000n}`);
    try {
      const fixed = await apply(loaded.config);
      for (const key of fixed) log.warn({ file: source, key }, NEEDS_RESTART);
      const warnings = fixed.map((key) => `${source}: ${key}: warning: ${NEEDS_RESTART}`);
      return { source, faults: [], warnings: [...warningLines(loaded), ...warnings] };
    } finally {
      if (!this.#isEnding) notifier.notify("READY=1");
    }
  }
}
