/**
 * The cache across restarts (`cache.file`): read in the background after the start, written every few minutes
 * and at the end, a whole file or none. What the sealing protects against, and what not, is in `docs/cache.md`.
 */
import { createHash } from "node:crypto";
import { open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Kept } from "../cache/kept.ts";
import { isSealed, KEY_OCTETS, MAGIC_OCTETS, type SealFault, Sealer, unsealed } from "../cache/sealed.ts";
import { entriesOfOctets, entryToOctets, type RestoreTerms } from "../cache/snapshot.ts";
import type { Store } from "../cache/store.ts";
import { makeDirectory, openAnew } from "../directories.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { Random } from "../ports/random.ts";
import type { SecretStore } from "../privacy/salt.ts";
import { questionOfKey } from "../wire/names.ts";

export interface CacheFileOptions {
  readonly path: string;
  /** Octets the cache may hold; a file of more than twice that is not ours. */
  readonly cacheSize: number;
  /** Milliseconds past their end that entries are worth reading. */
  readonly serveStale: number;
}

export interface CacheFileDeps {
  readonly store: () => Store;
  /** What decides whether entries are right: those of a file made under other terms are not read. */
  readonly terms: () => string;
  readonly generation: () => number;
  readonly isWelcome: RestoreTerms["isWelcome"];
  /** Where the key is; a new one is made where there is none. */
  readonly key: SecretStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Milliseconds between writes: what a crash loses at most. */
const WRITE_INTERVAL = 5 * 60_000;
/** Milliseconds from a flush to a file that knows of it: many in a row are one write. */
const REWRITE_DELAY = 1_000;
/** Entries handled without a pause: below a millisecond of work. */
const ENTRIES_A_TURN = 64;
/** Octets collected into one frame. */
const FRAME_OCTETS = 65_536;
/** The first frame: when it was saved (8), a digest of the terms (32). */
const LABEL_OCTETS = 40;

export class CacheFile {
  readonly #options: CacheFileOptions;
  readonly #deps: CacheFileDeps;
  readonly #key: Uint8Array;
  #cancel: () => void = () => undefined;
  #cancelRewrite: (() => void) | undefined;
  /** Something was forgotten, that may be in what is still being read. */
  #isOutdated = false;
  #reading: Promise<void> = Promise.resolve();
  #writing: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(options: CacheFileOptions, deps: CacheFileDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#key = keptKey(deps.key, deps.random);
  }

  /** Reads the file and goes on to write it from time to time. Never fails: a bad file is one log line. */
  async start(): Promise<void> {
    this.#reading = this.#read();
    await this.#reading;
    this.#later();
  }

  /** What is still being read is read first: it would be lost with the file that is written over it. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    this.#cancelRewrite?.();
    await this.#reading;
    await this.write();
  }

  /** After a flush: what was forgotten comes back neither from what is still being read nor after a crash. */
  forget(): void {
    this.#isOutdated = true;
    if (this.#isStopped) return;
    this.#cancelRewrite ??= this.#deps.clock.after(REWRITE_DELAY, () => {
      this.#cancelRewrite = undefined;
      // Writing answers for its own faults.
      void this.write();
    });
  }

  /** Done when the file is on the disk. */
  write(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  #later(): void {
    if (this.#isStopped) return;
    this.#cancel = this.#deps.clock.after(WRITE_INTERVAL, () => {
      // Writing answers for its own faults.
      void this.write().then(() => {
        this.#later();
      });
    });
  }

  async #read(): Promise<void> {
    const { log } = this.#deps;
    const { path, cacheSize } = this.#options;
    try {
      const about = await stat(path);
      // Who reads a pipe waits until somebody writes.
      if (!about.isFile()) return log.warn({ path, fault: "foreign" }, "cache.file is ignored");
      if (about.size > 2 * cacheSize) return log.warn({ path }, "cache.file is too large: ignored");
      const frames = await framesIn(await readFile(path), this.#key);
      if (typeof frames === "string") return log.warn({ path, fault: frames }, "cache.file is ignored");
      const entries = await this.#restore(frames);
      if (entries !== undefined) log.info({ path, entries }, "cache read");
    } catch (error) {
      if (codeOf(error) === "ENOENT") return;
      log.warn({ path, code: codeOf(error) }, "cache.file cannot be read: starting with an empty cache");
    }
  }

  /** How many entries are back; `undefined` where the file is not for us, which has been said then. */
  async #restore(frames: readonly Buffer[]): Promise<number | undefined> {
    const { clock, generation, isWelcome, log, store } = this.#deps;
    const { path, serveStale } = this.#options;
    const [label, ...rest] = frames;
    if (label?.length !== LABEL_OCTETS || !label.subarray(8).equals(digestOf(this.#deps.terms()))) {
      log.info({ path }, "cache.file is of another configuration: ignored");
      return undefined;
    }
    if (label.readDoubleBE(0) > clock.wall()) {
      log.warn({ path }, "cache.file is from the future: ignored; check the clock");
      return undefined;
    }
    const terms = { generation: generation(), serveStale, isWelcome };
    let read = 0;
    let restored = 0;
    for (const frame of rest) {
      for (const found of entriesOfOctets(frame, clock, terms)) {
        if (++read % ENTRIES_A_TURN === 0) await turn();
        if (this.#isOutdated) return restored;
        // What has been asked meanwhile is newer.
        if (found === undefined || store().find(found.key) !== undefined) continue;
        store().keep(found.key, found.entry);
        restored++;
      }
    }
    return restored;
  }

  #label(): Buffer {
    const savedAt = Buffer.alloc(8);
    savedAt.writeDoubleBE(this.#deps.clock.wall());
    return Buffer.concat([savedAt, digestOf(this.#deps.terms())]);
  }

  async #write(): Promise<void> {
    const { random, log, store } = this.#deps;
    const { path } = this.#options;
    const temporary = `${path}.new`;
    try {
      if (await isAnothers(path)) {
        const text =
          "cache.file is no cache of Sotto, so it is left as it is; name another file to keep the cache";
        return log.warn({ path }, text);
      }
      makeDirectory(dirname(path));
      const file = await openAnew(temporary);
      try {
        const sealer = new Sealer(this.#key, random);
        // `appendFile` writes all of it, where `write` may stop half-way.
        await file.appendFile(sealer.header());
        await file.appendFile(sealer.frame(this.#label()));
        for await (const frame of framesOf(store(), this.#deps)) await file.appendFile(sealer.frame(frame));
        await file.appendFile(sealer.end());
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      log.warn(
        { path, code: codeOf(error) },
        "cache.file cannot be written; the cache lives as long as the process",
      );
    }
  }
}

/** Whether something lies at `path` that was not written here: a path mistyped must not cost its owner the file. */
async function isAnothers(path: string): Promise<boolean> {
  const about = await stat(path).catch(() => undefined);
  if (about === undefined) return false;
  // A pipe, or a device such as /dev/null.
  if (!about.isFile()) return true;
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return false;
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(MAGIC_OCTETS), 0, MAGIC_OCTETS, 0);
    return bytesRead > 0 && !isSealed(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

/** The frames of a whole file, or what is wrong with it. */
async function framesIn(file: Buffer, key: Uint8Array): Promise<Buffer[] | SealFault> {
  const frames: Buffer[] = [];
  const opening = unsealed(file, key);
  for (;;) {
    const next = opening.next();
    if (next.done === true) return next.value ?? frames;
    frames.push(next.value);
    await turn();
  }
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** Every entry worth keeping, the least recently used first, so that reading restores the order of use. */
async function* framesOf(store: Store, deps: CacheFileDeps): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let octets = 0;
  let handled = 0;
  for (const key of store.keysByAge()) {
    if (++handled % ENTRIES_A_TURN === 0) await turn();
    const entry = store.peek(key);
    if (entry === undefined || !isUpstreams(key, entry, deps)) continue;
    const part = entryToOctets(key, entry, deps.clock);
    if (part === undefined) continue;
    parts.push(part);
    octets += part.length;
    if (octets < FRAME_OCTETS) continue;
    yield Buffer.concat(parts);
    parts = [];
    octets = 0;
  }
  if (octets > 0) yield Buffer.concat(parts);
}

/**
 * Whether an entry is an upstream's word alone. Of a configured CNAME before it nothing can be seen, so the rules in
 * force are asked; what was kept under others may begin with a CNAME that is gone, and is not served here either.
 */
function isUpstreams(key: string, entry: Kept, { generation, isWelcome }: CacheFileDeps): boolean {
  return entry.generation === generation() && isWelcome(questionOfKey(key), []);
}

function keptKey(store: SecretStore, random: Random): Uint8Array {
  const kept = store.read();
  if (kept?.length === KEY_OCTETS) return kept;
  const key = random.bytes(KEY_OCTETS);
  store.write(key);
  return key;
}

/** Lets the event loop have its turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code ?? error);
}
