/**
 * Octets sealed for a disk: AES-256-GCM in frames, so that neither writing nor reading needs the whole in one
 * piece. A file that was cut off, changed, reordered, or sealed with another key is not opened at all.
 *
 *   file  = magic, version, nonce prefix (8 octets), frame ...
 *   frame = length of the ciphertext (4 octets), ciphertext, tag (16 octets)
 *
 * The last frame is empty: without it the file is not whole. A frame's nonce is the prefix and its number.
 */
import { createCipheriv, createDecipheriv } from "node:crypto";
import type { Random } from "../ports/random.ts";

export const KEY_OCTETS = 32;

const MAGIC = Buffer.from("sotto cache\n", "latin1");
const VERSION = 1;
const PREFIX_OCTETS = 8;
const HEADER_OCTETS = MAGIC.length + 1 + PREFIX_OCTETS;
const LENGTH_OCTETS = 4;
const TAG_OCTETS = 16;
/** Octets of one frame at most: what is written is far below. */
const MAX_FRAME_OCTETS = 1 << 22;

/** Why a file is not opened. */
export type SealFault = "foreign" | "other-version" | "damaged";

/** Octets at the start of a file that `isSealed` looks at. */
export const MAGIC_OCTETS = MAGIC.length;

/** Whether a file that begins so was sealed here, with whatever key and by whatever version. */
export function isSealed(start: Uint8Array): boolean {
  return MAGIC.equals(start.subarray(0, MAGIC_OCTETS));
}

export class Sealer {
  readonly #key: Uint8Array;
  readonly #prefix: Uint8Array;
  #frames = 0;

  constructor(key: Uint8Array, random: Random) {
    this.#key = key;
    this.#prefix = random.bytes(PREFIX_OCTETS);
  }

  header(): Buffer {
    return Buffer.concat([MAGIC, Buffer.of(VERSION), this.#prefix]);
  }

  frame(octets: Uint8Array): Buffer {
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonceOf(this.#prefix, this.#frames++));
    const sealed = Buffer.concat([cipher.update(octets), cipher.final()]);
    const length = Buffer.alloc(LENGTH_OCTETS);
    length.writeUInt32BE(sealed.length);
    return Buffer.concat([length, sealed, cipher.getAuthTag()]);
  }

  /** Ends the file. */
  end(): Buffer {
    return this.frame(Buffer.alloc(0));
  }
}

/**
 * The frames of a file one by one, without the empty one at its end, so that other work can have its turn
 * between two. Ends with what is wrong, and then no frame before it is worth anything.
 */
export function* unsealed(
  file: Buffer,
  key: Uint8Array,
): Generator<Buffer, SealFault | undefined, undefined> {
  if (file.length < HEADER_OCTETS || !isSealed(file)) return "foreign";
  if (file[MAGIC.length] !== VERSION) return "other-version";
  const prefix = file.subarray(MAGIC.length + 1, HEADER_OCTETS);
  let at = HEADER_OCTETS;
  for (let number = 0; at + LENGTH_OCTETS + TAG_OCTETS <= file.length; number++) {
    const length = file.readUInt32BE(at);
    const end = at + LENGTH_OCTETS + length + TAG_OCTETS;
    if (length > MAX_FRAME_OCTETS || end > file.length) return "damaged";
    const frame = opened(file.subarray(at + LENGTH_OCTETS, end), key, nonceOf(prefix, number));
    if (frame === undefined) return "damaged";
    if (frame.length === 0) return end === file.length ? undefined : "damaged";
    yield frame;
    at = end;
  }
  return "damaged";
}

function opened(sealed: Buffer, key: Uint8Array, nonce: Buffer): Buffer | undefined {
  const tagAt = sealed.length - TAG_OCTETS;
  const decipher = createDecipheriv("aes-256-gcm", key, nonce);
  decipher.setAuthTag(sealed.subarray(tagAt));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, tagAt)), decipher.final()]);
  } catch {
    return undefined;
  }
}

function nonceOf(prefix: Uint8Array, frame: number): Buffer {
  const nonce = Buffer.alloc(PREFIX_OCTETS + 4);
  nonce.set(prefix);
  nonce.writeUInt32BE(frame, PREFIX_OCTETS);
  return nonce;
}
