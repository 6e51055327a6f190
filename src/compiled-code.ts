/**
 * What V8 compiled of the program, kept between starts: a third of the CPU time from exec to the first answer.
 *
 * What is read back is run. So it lies where nobody else can write, it is used only where it was made by this Node,
 * under these flags, of this very source, and only whole: V8 itself trusts what it is given. Where anything is
 * amiss it is as if there were none, and the next run keeps it anew.
 */
import { closeSync, fstatSync, lstatSync, openSync, readdirSync, readFileSync, type Stats } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { cachedDataVersionTag } from "node:v8";
import { Script } from "node:vm";
import { crc32 } from "node:zlib";
import { makeDirectory } from "./directories.ts";

export interface Compiled {
  /** `module.exports` of the file. */
  readonly exports: object;
  /** Keeps what V8 has compiled by now, unless that was read back from an earlier run. Never rejects. */
  keepCode(): Promise<void>;
}

/** CRC-32 of the source, then of the code, big-endian. */
const HEADER_OCTETS = 8;
/** BOUNDED: by this many files in the directory; each combination of Node and its flags has one, of 1.5 MiB. */
const MAX_FILES = 4;
/** Anybody but the owner may write. */
const WRITABLE_BY_OTHERS = 0o022;

/** Where the service manager keeps state for us; else beside the program, where it is the user's own. */
export function codeDirectory(env: Readonly<Record<string, string | undefined>>, home: string): string {
  // systemd gives a list where a unit names several directories; the first is ours.
  return join(env.STATE_DIRECTORY?.split(":")[0] || home, "compiled");
}

/**
 * Runs `file`, with its compiled code from `directory` where that is there. It is a CommonJS module in the function that
 * Node would put around it, and ASCII: so its octets are V8's source, with no copy made.
 */
export function loadCompiled(file: string, directory: string): Compiled {
  const octets = readFileSync(file);
  const path = join(directory, `${process.version}-${cachedDataVersionTag().toString(16)}`);
  const sourceSum = crc32(octets);
  const cachedData = readCode(path, sourceSum);
  const script = new Script(octets.toString("latin1"), {
    filename: file,
    ...(cachedData !== undefined && { cachedData }),
  });
  const isFromCode = cachedData !== undefined && script.cachedDataRejected !== true;
  for (const read of [octets, cachedData]) release(read);
  const module = { exports: {} };
  const run = script.runInThisContext() as (...parts: readonly unknown[]) => void;
  run(module.exports, createRequire(file), module, file, dirname(file));
  return {
    exports: module.exports,
    async keepCode() {
      if (!isFromCode) await writeCode(path, sourceSum, script.createCachedData());
    },
  };
}

/** What an `ArrayBuffer` has from Node 22 on. */
interface Movable {
  transfer?(octets: number): ArrayBuffer;
}

/**
 * Gives 3 MiB back that an idle process would hold for long; where Node cannot (20), with the next collection. Small
 * buffers share their memory with others.
 */
function release(octets: Buffer | undefined): void {
  if (octets === undefined || octets.buffer.byteLength > octets.byteLength + HEADER_OCTETS) return;
  (octets.buffer as Movable).transfer?.(0);
}

function readCode(path: string, sourceSum: number): Buffer | undefined {
  try {
    if (!isOurs(lstatSync(dirname(path)))) return undefined;
    const file = openSync(path, "r");
    try {
      if (!isOurs(fstatSync(file))) return undefined;
      const octets = readFileSync(file);
      const code = octets.subarray(HEADER_OCTETS);
      const isWhole = octets.readUInt32BE(0) === sourceSum && octets.readUInt32BE(4) === crc32(code);
      return isWhole ? code : undefined;
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

async function writeCode(path: string, sourceSum: number, code: Buffer): Promise<void> {
  const directory = dirname(path);
  const unfinished = `${path}.${process.pid}`;
  try {
    makeDirectory(directory);
    if (!isOurs(lstatSync(directory))) return;
    const header = Buffer.alloc(HEADER_OCTETS);
    header.writeUInt32BE(sourceSum, 0);
    header.writeUInt32BE(crc32(code), 4);
    await makeRoom(directory);
    await writeFile(unfinished, Buffer.concat([header, code]), { mode: 0o600, flag: "wx" });
    await rename(unfinished, path);
  } catch {
    // A program that starts a little later than it could is no fault.
    await rm(unfinished, { force: true }).catch(() => {});
  }
}

/** Takes away the oldest files, so that with one more there are not too many. */
async function makeRoom(directory: string): Promise<void> {
  const files = readdirSync(directory).map((name) => join(directory, name));
  const byAge = files.map((path) => ({ path, age: lstatSync(path).mtimeMs })).sort((a, b) => b.age - a.age);
  for (const { path } of byAge.slice(MAX_FILES - 1)) await rm(path, { force: true });
}

/** Never on Windows, where the mode says nothing. */
function isOurs({ uid, mode }: Stats): boolean {
  return uid === process.geteuid?.() && (mode & WRITABLE_BY_OTHERS) === 0;
}
