/**
 * Lines on their way to a descriptor. Whoever reads it makes no query wait, and no end of the process: a full disk
 * (ENOSPC), a terminal that is gone (EIO) or a reader that sleeps (EAGAIN) costs lines, not more.
 *
 * Not sonic-boom, which pino brings along: at the end of the process it tries again for ever after every error.
 */
import { write, writeSync } from "node:fs";

/** Where the log's lines go. */
export interface Lines {
  write(line: string): void;
  /** Lines given up. */
  readonly dropped: number;
  /** Puts all lines on the descriptor, or gives them up. For the end of the process. */
  flush(): void;
}

/** The part of `node:fs` that this needs. */
export interface Descriptors {
  write(fd: number, octets: Buffer, ended: (error: Error | null, written: number) => void): void;
  writeSync(fd: number, octets: Buffer): number;
}

/** Lines that wait for a slow reader, in octets: about 5,000 of them. Past it lines are dropped. */
const MAX_BUFFERED_OCTETS = 1_048_576;
/** Milliseconds until a reader that took nothing is tried again. */
const RETRY_TIME = 100;
/** Milliseconds that the process waits for a slow reader, where it must not go on before. */
const PATIENCE = 1_000;
/** Milliseconds of one such wait. */
const PAUSE = 10;

const NOTHING: Buffer = Buffer.alloc(0);

/** Each line is on the descriptor before `write` returns: for commands that end at once. */
export class DirectLines implements Lines {
  readonly #fd: number;
  readonly #system: Descriptors;
  dropped = 0;

  constructor(fd: number, system: Descriptors = { write, writeSync }) {
    this.#fd = fd;
    this.#system = system;
  }

  write(line: string): void {
    if (!writeWhole(this.#fd, Buffer.from(line), this.#system)) this.dropped++;
  }

  flush(): void {
    // Nothing is ever left.
  }
}

/** What becomes of `#chunk`: it lies here, is being written, or waits for a slow reader. */
type State = "idle" | "writing" | "waiting";

/** `write` never blocks. What an error left is tried again with the next line: a disk does not stay full for ever. */
export class BufferedLines implements Lines {
  readonly #fd: number;
  readonly #system: Descriptors;
  #state: State = "idle";
  /** Taken from `#lines`, and not on the descriptor yet. */
  #chunk: Buffer = NOTHING;
  /** BOUNDED: by MAX_BUFFERED_OCTETS, together with `#chunk`. */
  #lines: string[] = [];
  #octets = 0;
  dropped = 0;

  constructor(fd: number, system: Descriptors = { write, writeSync }) {
    this.#fd = fd;
    this.#system = system;
  }

  write(line: string): void {
    const octets = Buffer.byteLength(line);
    if (this.#octets + octets > MAX_BUFFERED_OCTETS) this.dropped++;
    else {
      this.#lines.push(line);
      this.#octets += octets;
    }
    this.#start();
  }

  flush(): void {
    const octets = Buffer.concat([this.#takeChunk(), this.#takeLines()]);
    this.#octets -= octets.length;
    writeWhole(this.#fd, octets, this.#system);
  }

  /** Not what is being written: it is the system's by now, and would be there twice. */
  #takeChunk(): Buffer {
    if (this.#state === "writing") return NOTHING;
    const chunk = this.#chunk;
    this.#chunk = NOTHING;
    return chunk;
  }

  #takeLines(): Buffer {
    const octets = Buffer.from(this.#lines.join(""));
    this.#lines = [];
    return octets;
  }

  #start(): void {
    if (this.#state !== "idle") return;
    if (this.#chunk.length === 0) this.#chunk = this.#takeLines();
    if (this.#chunk.length === 0) return;
    this.#state = "writing";
    this.#system.write(this.#fd, this.#chunk, (error, written) => {
      this.#ended(error, written);
    });
  }

  #ended(error: Error | null, written: number): void {
    this.#state = "idle";
    if (error === null) {
      this.#chunk = this.#chunk.subarray(written);
      this.#octets -= written;
      this.#start();
    } else if (isBusy(error)) {
      this.#state = "waiting";
      setTimeout(() => {
        this.#state = "idle";
        this.#start();
      }, RETRY_TIME).unref();
    }
  }
}

/** Whether the descriptor took all of it. */
function writeWhole(fd: number, octets: Buffer, system: Descriptors): boolean {
  let rest = octets;
  for (let pauses = PATIENCE / PAUSE; rest.length > 0; ) {
    try {
      rest = rest.subarray(system.writeSync(fd, rest));
    } catch (error) {
      if (!isBusy(error) || pauses-- <= 0) return false;
      pause(PAUSE);
    }
  }
  return true;
}

/** Whether it is only the reader that is slow; pipes and terminals are often non-blocking. */
function isBusy(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "EAGAIN" || code === "EBUSY";
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
