/** The real clock and randomness: the edge where `ports/` meet the machine. */
import { randomFillSync } from "node:crypto";
import { uptime } from "node:os";
import { performance } from "node:perf_hooks";
import type { Clock, Instant } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";

/** Milliseconds between looks for a suspend. */
const SUSPEND_CHECK_INTERVAL = 1_000;
/** Milliseconds that a gap must have to be a suspend: the two clocks are read with a second's grain. */
const SUSPEND_THRESHOLD = 3_000;

/**
 * Monotonic time that counts suspends. Node's own stands still while the machine sleeps, the time since boot
 * does not: their gap is the sleep, whatever is done to the wall clock meanwhile.
 */
export class SystemClock implements Clock {
  readonly #uptime: () => number;
  #slept = 0;
  #gap: number;
  #timer: NodeJS.Timeout | undefined;

  /** @param sinceBoot seconds since the machine started, sleep included. */
  constructor(sinceBoot: () => number = uptime) {
    this.#uptime = sinceBoot;
    this.#gap = this.#awakeGap();
  }

  now(): Instant {
    return performance.now() + this.#slept;
  }

  wall(): number {
    return Date.now();
  }

  after(delay: number, task: () => void): () => void {
    const timer = setTimeout(task, delay);
    return () => {
      clearTimeout(timer);
    };
  }

  /** Looks for suspends until `stopWatching`; `onSuspend` is told of each, in milliseconds. */
  watchSuspends(onSuspend: (slept: number) => void): void {
    this.#timer = setInterval(() => {
      const slept = this.noticeSuspend();
      if (slept > 0) onSuspend(slept);
    }, SUSPEND_CHECK_INTERVAL);
    this.#timer.unref();
  }

  /** Looks for a suspend now: from here on `now` counts it. @returns milliseconds it took, 0 for none. */
  noticeSuspend(): number {
    const slept = this.#awakeGap() - this.#gap;
    if (slept < SUSPEND_THRESHOLD) return 0;
    this.#gap += slept;
    this.#slept += slept;
    return slept;
  }

  stopWatching(): void {
    clearInterval(this.#timer);
  }

  /** Time since boot less Node's monotonic time: grows only while the machine sleeps. */
  #awakeGap(): number {
    return this.#uptime() * 1_000 - performance.now();
  }
}

/** Octets drawn from the system at a time. */
const POOL_OCTETS = 4_096;

/** The system's generator, drawn in blocks so that an ID costs nanoseconds. */
export class SystemRandom implements Random {
  readonly #pool = Buffer.alloc(POOL_OCTETS);
  #used = POOL_OCTETS;

  u16(): number {
    const at = this.#take(2);
    return this.#pool.readUInt16BE(at);
  }

  below(bound: number): number {
    // 53 bits from 7 octets: the bias of the remainder is below 2^-20 for any 32-bit bound.
    const at = this.#take(7);
    const draw = (this.#pool.readUInt32BE(at) & 0x1f_ffff) * 0x1_0000_0000 + this.#pool.readUInt32BE(at + 3);
    return draw % bound;
  }

  bytes(count: number): Uint8Array {
    return randomFillSync(new Uint8Array(count));
  }

  #take(count: number): number {
    if (this.#used + count > POOL_OCTETS) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    const at = this.#used;
    this.#used += count;
    return at;
  }
}
