/**
 * One address of a server, looked at for the person who runs this: a connection of its own, a few questions about
 * the root that say nothing of anybody, and what the responses show. A server of `domains` may know those alone, and is
 * asked about the first. Judges nothing.
 *
 * Source: RFC 7858 §3; RFC 4035 §3.1.6, §3.2.1 (DO), §3.2.2 (CD); RFC 7828; RFC 7830; RFC 6891.
 */
import type { Clock, Instant } from "../ports/clock.ts";
import type { Channel, ChannelInfo, DialFailure, Dialer } from "../ports/dialer.ts";
import type { Message, Name, Question } from "../ports/message.ts";
import type { Random } from "../ports/random.ts";
import { Class, Type } from "../wire/codes.ts";
import { FrameReader, frameOf } from "../wire/framing.ts";
import { ROOT } from "../wire/names.ts";
import { nameFromText } from "../wire/presentation.ts";
import { isFault, readMessage } from "../wire/read-message.ts";
import type { DialTarget } from "./dial-target.ts";
import { isResponseTo } from "./matching.ts";

export interface ProbeDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly dialer: Dialer<DialTarget>;
  /** The whole query, made as for any other. */
  readonly encode: (question: Question, id: number) => Uint8Array;
  /** Also whether the server minimises, by a name of a test that others run. */
  readonly minimisation: boolean;
  /** The first of the server's `domains`; absent: it takes every name. */
  readonly domain?: Name;
}

export interface Probe {
  readonly info: ChannelInfo;
  /** Milliseconds from the dial to a channel whose peer is known. */
  readonly connecting: number;
  /** The root's keys, signed, or the SOA of the server's domain. `undefined`: no response. */
  readonly first: ProbeResponse | undefined;
  /** That the root has no such type, proven. */
  readonly denial: ProbeResponse | undefined;
  /** The text of the minimisation test; `undefined` where it was not wanted, or not answered. */
  readonly minimisation: ProbeResponse | undefined;
}

export interface ProbeResponse {
  readonly message: Message;
  /** Milliseconds. */
  readonly took: number;
}

/** Milliseconds for one response. */
const PATIENCE_MS = 4_000;
const KEYS: Question = { qname: ROOT, qtype: Type.DNSKEY, qclass: Class.IN };
/** The root has no such record, so the response has to prove it. */
const DENIAL: Question = { qname: ROOT, qtype: Type.MX, qclass: Class.IN };
/** Says HOORAY to a resolver that minimises. */
const MINIMISATION_TEST = "qnamemintest.internet.nl.";

/** Never rejects. */
export async function probe(target: DialTarget, deps: ProbeDeps): Promise<Probe | DialFailure> {
  const since = deps.clock.now();
  const opened = await open(target, deps);
  if ("fault" in opened) return opened;
  const { info, line } = opened;
  const connecting = deps.clock.now() - since;
  const { domain } = deps;
  const first = await line.ask(
    domain === undefined ? KEYS : { qname: domain, qtype: Type.SOA, qclass: Class.IN },
  );
  const denial = domain === undefined ? await line.ask(DENIAL) : undefined;
  const qname = deps.minimisation && domain === undefined ? nameFromText(MINIMISATION_TEST) : undefined;
  const minimisation =
    qname === undefined ? undefined : await line.ask({ qname, qtype: Type.TXT, qclass: Class.IN });
  line.close();
  return { info, connecting, first, denial, minimisation };
}

function open(target: DialTarget, deps: ProbeDeps): Promise<{ info: ChannelInfo; line: Line } | DialFailure> {
  return new Promise((resolve) => {
    const line = new Line(deps);
    const channel = deps.dialer.dial(target, {
      opened: (info) => {
        line.attach(channel);
        resolve({ info, line });
      },
      failed: resolve,
      received: (octets) => {
        line.received(octets);
      },
      drained: () => undefined,
      closed: () => {
        line.ended();
      },
    });
  });
}

/** One question at a time over one channel. */
class Line {
  readonly #deps: ProbeDeps;
  readonly #frames = new FrameReader();
  #channel: Channel | undefined;
  #isEnded = false;
  #id = 0;
  #question = KEYS;
  #askedAt: Instant = 0;
  #settle: ((response: ProbeResponse | undefined) => void) | undefined;

  constructor(deps: ProbeDeps) {
    this.#deps = deps;
  }

  attach(channel: Channel): void {
    this.#channel = channel;
  }

  ask(question: Question): Promise<ProbeResponse | undefined> {
    const { clock, encode, random } = this.#deps;
    this.#id = random.u16();
    this.#question = question;
    const frame = frameOf(encode(question, this.#id));
    if (frame === undefined || this.#isEnded) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const cancel = clock.after(PATIENCE_MS, () => this.#settle?.(undefined));
      this.#settle = (response) => {
        cancel();
        this.#settle = undefined;
        resolve(response);
      };
      this.#askedAt = clock.now();
      this.#channel?.write(frame, () => undefined);
    });
  }

  received(octets: Buffer): void {
    this.#frames.push(octets, (chunk, start, end) => {
      const message = readMessage(chunk, start, end, this.#question);
      if (isFault(message) || message.id !== this.#id) return;
      // With our ID, but of no use: nothing better will come under it.
      const isUseless = !isResponseTo(message, this.#question);
      this.#settle?.(isUseless ? undefined : { message, took: this.#deps.clock.now() - this.#askedAt });
    });
  }

  ended(): void {
    this.#isEnded = true;
    this.#settle?.(undefined);
  }

  close(): void {
    this.#channel?.close();
  }
}
