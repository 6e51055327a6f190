/**
 * Whether the wall clock can be believed. A machine without a battery-backed clock starts in the past, and
 * then every signature and certificate looks not yet valid. The latest time that is proven to have passed is kept
 * in a file; a clock before it, or before any it could run at, is provably wrong.
 *
 * What is kept is no reading of the clock but the latest time at which a signature that held was made. A clock that
 * runs ahead, by years or by days within which signatures still hold, does therefore not make the right time a wrong one.
 */
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { makeDirectory, replaceFile } from "../directories.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";

/** `wrong`: before a time that has certainly passed. `plausible`: nothing speaks against it. */
export type ClockTrust = "wrong" | "plausible";

export interface ClockStateDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Where the last good time is kept; `undefined` keeps none. */
  readonly file: string | undefined;
  /** A time that has certainly passed: milliseconds since 1970-01-01 UTC. */
  readonly notBefore: number;
  /** The latest time that has passed by what was proven; `undefined` where nothing was. */
  readonly passed: () => number | undefined;
}

/** Milliseconds a clock may lag behind a proven time and still be believed: it may just have been set by hand. */
const TOLERANCE_MS = 86_400_000;

/** Milliseconds between two savings of the time: an hour lost at most, and kind to flash storage. */
const SAVE_INTERVAL_MS = 3_600_000;

/** Octets of the file that are looked at. */
const MAX_FILE_OCTETS = 64;

export class ClockState {
  readonly #deps: ClockStateDeps;
  #lastGood: number;
  #saving: Promise<void> = Promise.resolve();
  #cancel: () => void = () => undefined;

  constructor(deps: ClockStateDeps) {
    this.#deps = deps;
    this.#lastGood = deps.notBefore;
  }

  /** Reads the kept time and starts keeping it. A missing or damaged file counts as none. */
  async start(): Promise<void> {
    const kept = await this.#read();
    if (kept !== undefined && kept > this.#lastGood) this.#lastGood = kept;
    if (this.trust() === "wrong") {
      const { clock, log } = this.#deps;
      log.warn(
        { clock: isoTime(clock.wall()), atLeast: isoTime(this.#lastGood) },
        "the clock is wrong: it shows a time that has passed; set it, or wait for time synchronisation",
      );
    }
    this.#wait();
  }

  /** By what was kept, and by what was proven since: a clock may be set back at any moment. */
  trust(): ClockTrust {
    const { clock, passed } = this.#deps;
    const latest = Math.max(this.#lastGood, passed() ?? 0);
    return clock.wall() < latest - TOLERANCE_MS ? "wrong" : "plausible";
  }

  /** Keeps the time that is proven to have passed. Done when it is on the disk. */
  async save(): Promise<void> {
    this.#saving = this.#saving.then(() => this.#write());
    await this.#saving;
  }

  async stop(): Promise<void> {
    this.#cancel();
    await this.save();
  }

  #wait(): void {
    this.#cancel = this.#deps.clock.after(SAVE_INTERVAL_MS, () => {
      this.#wait();
      // Writing answers for its own faults.
      void this.save();
    });
  }

  async #write(): Promise<void> {
    const { file, log } = this.#deps;
    const passed = this.#deps.passed();
    if (file === undefined || passed === undefined || passed <= this.#lastGood) return;
    this.#lastGood = passed;
    try {
      makeDirectory(dirname(file));
      await replaceFile(file, `${isoTime(this.#lastGood)}\n`);
    } catch (error) {
      log.warn({ error: String(error) }, "the last good time could not be kept");
    }
  }

  async #read(): Promise<number | undefined> {
    const { file } = this.#deps;
    if (file === undefined) return undefined;
    try {
      const time = Date.parse((await readFile(file, "utf8")).slice(0, MAX_FILE_OCTETS).trim());
      return Number.isNaN(time) ? undefined : time;
    } catch {
      return undefined;
    }
  }
}

function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
