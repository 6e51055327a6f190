/**
 * What an observer on the path sees of single lookups: how long the records are in which queries leave, what that
 * tells of the QNAME's length, and how many queries and how much time each kind of name takes.
 */
import { isFault, readMessage } from "../../src/wire/read-message.ts";
import { nameToText } from "../../src/wire/presentation.ts";
import { typeToText } from "../../src/wire/codes.ts";
import { NAME_KINDS, type NameKind, WARM_NAMES } from "../../test/support/name-kinds.ts";
import type { Beyond } from "./beyond.ts";
import { Stub } from "./stub.ts";
import type { Instance, Subject } from "./subjects.ts";
import { pause } from "./visits.ts";
import type { Web } from "./web.ts";

export interface SizeView {
  /** Octets of DNS messages, as sent: of any QNAME, and of QNAMEs up to 85 octets. */
  readonly messageSizes: readonly number[];
  readonly messageSizesUpTo85: readonly number[];
  /** Octets of TLS records that hold one query, QNAME up to 85 octets and beyond. */
  readonly recordSizes: readonly number[];
  readonly recordSizesUpTo85: readonly number[];
  /** Mutual information of QNAME length and record size, lengths as in the made web: of all names, and up to 85 octets. */
  readonly bits: number;
  readonly bitsUpTo85: number;
  /** The most there is to learn: the entropy of the lengths. */
  readonly bitsOfAll: number;
  /** Octets of records in which several queries left together. */
  readonly togetherSizes: readonly number[];
}

/** Asked for each length, since padding may be drawn by chance. */
const TIMES_A_LENGTH = 6;
/** Names below this one are not there, and its zone is unsigned: nobody can deny them without asking. */
const PARENT = "insecure.com";
const PARENT_OCTETS = 14;
const TOGETHER = 8;
/** Octets of the longest QNAME that a block of 128 octets holds, beside header and OPT as they are here. */
const MOST_IN_A_BLOCK = 85;

export async function lookAtSizes(subject: Subject, beyond: Beyond, web: Web): Promise<SizeView | undefined> {
  const starting = subject.start(beyond, 0);
  if (starting === undefined) return undefined;
  const instance = await starting;
  const stub = new Stub(instance.port);
  await stub.ask(`warm.${PARENT}`, "A");
  await pause(50);
  await beyond.received();

  const sizes = new Map<number, number[]>();
  let label = 0;
  for (const octets of lengths()) {
    for (let time = 0; time < TIMES_A_LENGTH; time++) {
      await beyond.watch(0);
      await stub.ask(nameOf(octets, label++), "A");
      const up = (await beyond.trace(0)).filter(([, size]) => size > 0);
      sizes.set(octets, [...(sizes.get(octets) ?? []), ...up.map(([, size]) => size)]);
    }
  }
  const messages = (await beyond.received()).flat();

  await beyond.watch(0);
  await Promise.all(Array.from({ length: TOGETHER }, () => stub.ask(nameOf(30, label++), "A")));
  const together = (await beyond.trace(0)).filter(([, size]) => size > 0).map(([, size]) => size);
  stub.close();
  await instance.stop();

  const short = [...sizes].filter(([octets]) => octets <= MOST_IN_A_BLOCK).flatMap(([, seen]) => seen);
  const shortMessages = messages.filter((hex) => qnameOctets(hex) <= MOST_IN_A_BLOCK);
  const weights = lengthWeights(web, [...sizes.keys()]);
  return {
    messageSizes: distinct(messages.map(octetsOf)),
    messageSizesUpTo85: distinct(shortMessages.map(octetsOf)),
    recordSizes: distinct([...sizes.values()].flat()),
    recordSizesUpTo85: distinct(short),
    bits: mutualInformation(sizes, weights),
    bitsUpTo85: mutualInformation(
      new Map([...sizes].filter(([octets]) => octets <= MOST_IN_A_BLOCK)),
      weights,
    ),
    bitsOfAll: entropy([...weights.values()]),
    togetherSizes: distinct(together),
  };
}

/** Each length to 85 octets, then some up to the longest name. */
function lengths(): number[] {
  const all: number[] = [];
  for (let octets = PARENT_OCTETS + 6; octets <= MOST_IN_A_BLOCK; octets++) all.push(octets);
  for (let octets = 90; octets <= 250; octets += 10) all.push(octets);
  return all;
}

/** A name of so many octets in wire format, unlike all others. */
function nameOf(octets: number, serial: number): string {
  const labels = [`n${serial.toString(36).padStart(3, "0")}`];
  for (let left = octets - PARENT_OCTETS - 1 - labels[0]!.length; left > 0; ) {
    const label = left <= 64 ? left - 1 : Math.min(63, left - 3);
    if (label <= 0) {
      labels[0] += "x".repeat(left);
      break;
    }
    labels.push("a".repeat(label));
    left -= label + 1;
  }
  return `${labels.join(".")}.${PARENT}`;
}

function octetsOf(hex: string): number {
  return hex.length / 2;
}

function qnameOctets(hex: string): number {
  const message = readMessage(Buffer.from(hex, "hex"));
  return isFault(message) ? 0 : (message.questions[0]?.qname.length ?? 0);
}

/** How likely each length is: as often as the made web has it, a little for those it does not have. */
function lengthWeights(web: Web, all: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>(all.map((octets) => [octets, 0.05]));
  for (const name of web.hosts.keys()) {
    const octets = Math.max(all[0]!, name.length + 2);
    counts.set(octets, (counts.get(octets) ?? 0) + 1);
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return new Map([...counts].map(([octets, count]) => [octets, count / total]));
}

function mutualInformation(
  sizes: ReadonlyMap<number, readonly number[]>,
  weightsOfAll: ReadonlyMap<number, number>,
): number {
  const total = [...sizes.keys()].reduce((sum, octets) => sum + (weightsOfAll.get(octets) ?? 0), 0);
  const weights = new Map([...weightsOfAll].map(([octets, weight]) => [octets, weight / total]));
  const marginal = new Map<number, number>();
  const joint: { weight: number; share: number; size: number }[] = [];
  for (const [octets, seen] of sizes) {
    const weight = weights.get(octets) ?? 0;
    for (const size of new Set(seen)) {
      const share = seen.filter((each) => each === size).length / seen.length;
      joint.push({ weight, share, size });
      marginal.set(size, (marginal.get(size) ?? 0) + weight * share);
    }
  }
  const bits = joint.reduce(
    (sum, { weight, share, size }) => sum + weight * share * Math.log2(share / marginal.get(size)!),
    0,
  );
  return Math.max(0, bits);
}

function entropy(shares: readonly number[]): number {
  return shares.reduce((sum, share) => (share > 0 ? sum - share * Math.log2(share) : sum), 0);
}

function distinct(values: readonly number[]): number[] {
  return [...new Set(values)].sort((one, other) => one - other);
}

export interface LookupView {
  readonly kind: string;
  /** `NAME TYPE`, in the order the operator saw them. */
  readonly queries: readonly string[];
  /** Whether the operator was shown the full name. */
  readonly isNameShown: boolean;
  readonly milliseconds: number;
  readonly rcode: number;
}

/** Rounds, of which the median time counts. */
const ROUNDS = 5;
/** Each kind of name with nothing known but the root and its top-level domains. */
export async function lookAtLookups(
  subject: Subject,
  beyond: Beyond,
): Promise<readonly LookupView[] | undefined> {
  const starting = subject.start(beyond, 0);
  if (starting === undefined) return undefined;
  const instance = await starting;
  const stub = new Stub(instance.port);
  const views: LookupView[] = [];
  for (const kind of NAME_KINDS) {
    const rounds: LookupView[] = [];
    for (let round = 0; round < ROUNDS; round++) rounds.push(await lookUp(kind, instance, stub, beyond));
    rounds.sort((one, other) => one.milliseconds - other.milliseconds);
    views.push(rounds[ROUNDS >> 1]!);
  }
  stub.close();
  await instance.stop();
  return views;
}

async function lookUp(kind: NameKind, instance: Instance, stub: Stub, beyond: Beyond): Promise<LookupView> {
  await instance.flush();
  for (const name of WARM_NAMES) await stub.ask(name, "SOA");
  for (const name of kind.before) await stub.ask(name, "A");
  await pause(60);
  await beyond.received();
  const since = performance.now();
  const rcode = await stub.ask(kind.name, kind.type);
  const milliseconds = performance.now() - since;
  await pause(60);
  const queries = (await beyond.received()).flat().map(questionText);
  return {
    kind: kind.label,
    queries,
    isNameShown: queries.some((text) => text.startsWith(`${kind.name}. `)),
    milliseconds,
    rcode,
  };
}

function questionText(hex: string): string {
  const message = readMessage(Buffer.from(hex, "hex"));
  const question = isFault(message) ? undefined : message.questions[0];
  return question === undefined ? "?" : `${nameToText(question.qname)} ${typeToText(question.qtype)}`;
}
