/**
 * Entries as octets and back, for a file that outlives the process. Times are wall-clock times there: an
 * entry is as old as the clock on the wall says when it is read again.
 *
 *   frame = entry ...
 *   entry = stored at (8), expires at (8), secure until (8), verdict (1), key length (2), upstream length (1),
 *           body length (4), key, upstream, body (the message with all its records)
 */
import type { Clock } from "../ports/clock.ts";
import type { Verdict } from "../ports/exchange.ts";
import type { Question, ResourceRecord } from "../ports/message.ts";
import { questionOfKey } from "../wire/names.ts";
import { isFault, readMessage } from "../wire/read-message.ts";
import { Entry, isData } from "./entry.ts";
import type { Kept } from "./kept.ts";

const FIXED_OCTETS = 32;
/** Of data worth keeping. */
const VERDICTS: readonly Verdict[] = ["secure", "insecure"];

/** One entry, ready for the file; `undefined` for a failure, and for what a rule of ours made of a response and says so. */
export function entryToOctets(key: string, entry: Kept, clock: Clock): Buffer | undefined {
  if (!isData(entry) || entry.errors.length > 0) return undefined;
  const bodyOctets = entry.bodyOctets(true);
  const upstream = entry.upstream.slice(0, 0xff);
  const octets = Buffer.alloc(FIXED_OCTETS + key.length + upstream.length + bodyOctets);
  const toWall = clock.wall() - clock.now();
  octets.writeDoubleBE(entry.storedAt + toWall, 0);
  octets.writeDoubleBE(entry.expiresAt + toWall, 8);
  octets.writeDoubleBE(entry.secureUntil + toWall, 16);
  octets[24] = VERDICTS.indexOf(entry.verdict);
  octets.writeUInt16BE(key.length, 25);
  octets[27] = upstream.length;
  octets.writeUInt32BE(bodyOctets, 28);
  octets.latin1Write(key + upstream, FIXED_OCTETS);
  entry.writeBody(true, octets, octets.length - bodyOctets, 0, undefined);
  return octets;
}

export interface Restored {
  readonly key: string;
  readonly entry: Entry;
}

export interface RestoreTerms {
  readonly generation: number;
  /** Milliseconds. */
  readonly serveStale: number;
  /** Whether the rules in force let a response be: they may not be those it was kept under. */
  readonly isWelcome: (question: Question, answer: readonly ResourceRecord[]) => boolean;
}

/** The entries of a frame that may still be served at `clock`'s wall time, stale ones included. */
export function* entriesOfOctets(
  octets: Buffer,
  clock: Clock,
  terms: RestoreTerms,
): Generator<Restored | undefined> {
  for (let at = 0; at + FIXED_OCTETS <= octets.length; ) {
    const keyEnd = at + FIXED_OCTETS + octets.readUInt16BE(at + 25);
    const upstreamEnd = keyEnd + octets[at + 27]!;
    const end = upstreamEnd + octets.readUInt32BE(at + 28);
    if (end > octets.length) return;
    const [storedAt, expiresAt, secureUntil] = [0, 8, 16].map((offset) => octets.readDoubleBE(at + offset));
    const verdict = VERDICTS[octets[at + 24]!];
    const key = octets.latin1Slice(at + FIXED_OCTETS, keyEnd);
    const upstream = octets.latin1Slice(keyEnd, upstreamEnd);
    const message = readMessage(Buffer.from(octets.subarray(upstreamEnd, end)));
    at = end;
    if (isFault(message) || verdict === undefined || key.length < 5) continue;
    const now = clock.wall();
    const lifetime = Math.floor((expiresAt! - storedAt!) / 1_000);
    if (now < storedAt! || now >= expiresAt! + terms.serveStale || !(lifetime > 0)) {
      yield undefined;
      continue;
    }
    const { rcode, answer, authority } = message;
    const question = questionOfKey(key);
    if (!terms.isWelcome(question, answer)) {
      yield undefined;
      continue;
    }
    const maxLifetime = Math.max(0, (secureUntil! - storedAt!) / 1_000);
    const response = { rcode, answer, authority, verdict, errors: [], upstream, maxLifetime };
    const age = now - storedAt!;
    const when = {
      now: clock.now() - age,
      lifetime,
      maxTtl: 0x7fff_ffff,
      minTtl: 0,
      generation: terms.generation,
    };
    yield { key, entry: new Entry(question, response, when) };
  }
}
