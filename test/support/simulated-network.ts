/**
 * Upstreams on a clock that the test moves: a `Dialer` whose peers open, refuse, keep silent, misanswer and
 * hang up as told, after exact round trips. No socket, no TLS.
 */
import type { Channel, ChannelEvents, ChannelInfo, Dialer } from "../../src/ports/dialer.ts";
import type { DialTarget } from "../../src/upstream/dial-target.ts";
import { FrameReader } from "../../src/wire/framing.ts";
import { emptyResponse, framed } from "../lab/raw-message.ts";
import type { ManualClock } from "./manual-clock.ts";
import { numberedAnswer } from "../lab/numbered.ts";

export type Welcome =
  | "opens"
  /** RST to the SYN. */
  | "refuses"
  /** Nothing at all, until the dial's time-out. */
  | "ignores"
  /** TLS, but with the wrong certificate. */
  | "stranger"
  /** Hangs up in the handshake. */
  | "hangs-up";

const INFO: ChannelInfo = { encrypted: true, authenticated: true, resumed: false, protocol: "TLSv1.3" };

/** Gives whole messages for a query; `nth` counts the queries of the connection from 0. */
export type PeerAnswer = (query: Buffer, nth: number) => readonly Buffer[];

export class SimulatedNetwork implements Dialer<DialTarget> {
  readonly #clock: ManualClock;
  /** By address. BOUNDED: by the test. */
  readonly #peers = new Map<string, SimulatedPeer>();

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  peer(address: string): SimulatedPeer {
    const known = this.#peers.get(address);
    if (known !== undefined) return known;
    const made = new SimulatedPeer(this.#clock);
    this.#peers.set(address, made);
    return made;
  }

  /** Channels open, or being opened, anywhere. */
  get open(): number {
    return [...this.#peers.values()].reduce((sum, peer) => sum + peer.channels.length, 0);
  }

  dial(target: DialTarget, events: ChannelEvents): Channel {
    return this.peer(target.address).accept(target, events);
  }
}

export class SimulatedPeer {
  /** Milliseconds there and back. */
  roundTrip = 20;
  welcome: Welcome = "opens";
  /** Where it depends on how we are dialled. */
  welcomeTo: (target: DialTarget) => Welcome = () => this.welcome;
  isSilent = false;
  /** Takes the first query of a record, and what came with it only while one more record waits. */
  leavesRest = false;
  /** Answers on one connection before it is ended. */
  closeAfter = Number.POSITIVE_INFINITY;
  ending: "clean" | "reset" = "clean";
  answer: PeerAnswer = (query) => answered(query);
  /** Milliseconds for an answer on top of the round trip. */
  thinking: (query: Buffer) => number = () => 0;
  info: ChannelInfo = INFO;
  dials = 0;
  /** Queries under an ID that an earlier one on the same connection still had. */
  reusedIds = 0;
  /** When each dial came, by the clock. BOUNDED: by the test. */
  readonly dialledAt: number[] = [];
  readonly queries: Buffer[] = [];
  readonly channels: SimulatedChannel[] = [];
  readonly clock: ManualClock;

  constructor(clock: ManualClock) {
    this.clock = clock;
  }

  accept(target: DialTarget, events: ChannelEvents): Channel {
    this.dials++;
    this.dialledAt.push(this.clock.now());
    const channel = new SimulatedChannel(this, events);
    this.channels.push(channel);
    channel.shakeHands(this.welcomeTo(target), target.timeout);
    return channel;
  }

  /** Nothing gets through any more, on old connections and new: a cut cable. */
  vanish(): void {
    this.isSilent = true;
    this.welcome = "ignores";
  }

  /** As it was before any fault. */
  recover(): void {
    this.isSilent = false;
    this.welcome = "opens";
    this.closeAfter = Number.POSITIVE_INFINITY;
  }

  /** Ends every connection now. */
  cut(ending: "clean" | "reset"): void {
    for (const channel of [...this.channels]) channel.end(ending);
  }
}

export class SimulatedChannel implements Channel {
  readonly #peer: SimulatedPeer;
  readonly #events: ChannelEvents;
  readonly #reader = new FrameReader();
  readonly #cancels = new Set<() => void>();
  readonly #outstanding = new Set<number>();
  /** Records in the socket, and what the TLS library holds of the last one taken. BOUNDED: by the test. */
  readonly #records: Buffer[][] = [];
  #held: Buffer[] = [];
  #phase: "dialling" | "open" | "closed" = "dialling";
  #taken = 0;
  #answers = 0;
  /** Whether `write` says that there is no room. */
  isFull = false;
  writes = 0;

  constructor(peer: SimulatedPeer, events: ChannelEvents) {
    this.#peer = peer;
    this.#events = events;
  }

  shakeHands(welcome: Welcome, timeout: number): void {
    const { roundTrip } = this.#peer;
    switch (welcome) {
      case "opens":
        // TCP, then TLS 1.3.
        this.#later(2 * roundTrip, () => {
          this.#phase = "open";
          this.#events.opened(this.#peer.info);
        });
        return;
      case "refuses":
        this.#failLater(roundTrip, "refused", "connection refused");
        return;
      case "ignores":
        this.#failLater(timeout, "timed-out", "no answer in time");
        return;
      case "stranger":
        this.#failLater(2 * roundTrip, "unauthenticated", "the certificate is for another name");
        return;
      case "hangs-up":
        this.#failLater(2 * roundTrip, "closed", "closed during the handshake");
        return;
    }
  }

  write(octets: Uint8Array, done: () => void): boolean {
    this.writes++;
    const copy = Buffer.from(octets);
    const queries: Buffer[] = [];
    this.#reader.push(copy, (frame, start, end) => queries.push(Buffer.from(frame.subarray(start, end))));
    this.#records.push(queries);
    this.#read();
    done();
    return !this.isFull;
  }

  close(): void {
    if (this.#phase !== "closed") this.#forget();
  }

  /** What the peer does. */
  end(ending: "clean" | "reset"): void {
    const wasOpen = this.#phase === "open";
    if (this.#phase === "closed") return;
    this.#forget();
    if (wasOpen) this.#events.closed(ending === "clean");
    else this.#events.failed({ fault: "closed", detail: "closed during the handshake" });
  }

  /** Octets the peer says out of turn. */
  say(octets: Buffer): void {
    if (this.#phase === "open") this.#events.received(octets);
  }

  drain(): void {
    this.isFull = false;
    this.#events.drained();
  }

  #read(): void {
    while (this.#records.length > 0 || (this.#held.length > 0 && !this.#peer.leavesRest)) {
      if (this.#held.length === 0) this.#held = this.#records.shift() ?? [];
      const query = this.#held.shift();
      if (query !== undefined) this.#take(query);
    }
  }

  #take(query: Buffer): void {
    const peer = this.#peer;
    peer.queries.push(query);
    const nth = this.#taken++;
    const id = query.readUInt16BE(0);
    if (this.#outstanding.has(id)) peer.reusedIds++;
    this.#outstanding.add(id);
    if (peer.isSilent) return;
    this.#later(peer.roundTrip + peer.thinking(query), () => {
      if (peer.isSilent) return;
      this.#outstanding.delete(id);
      this.#answers++;
      for (const message of peer.answer(query, nth)) this.say(framed(message));
      if (this.#answers >= peer.closeAfter) this.end(peer.ending);
    });
  }

  #failLater(delay: number, fault: "refused" | "timed-out" | "unauthenticated" | "closed", detail: string) {
    this.#later(delay, () => {
      this.#forget();
      this.#events.failed({ fault, detail });
    });
  }

  #later(delay: number, task: () => void): void {
    const cancel = this.#peer.clock.after(delay, () => {
      this.#cancels.delete(cancel);
      if (this.#phase !== "closed") task();
    });
    this.#cancels.add(cancel);
  }

  #forget(): void {
    this.#phase = "closed";
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
    const { channels } = this.#peer;
    channels.splice(channels.indexOf(this), 1);
  }
}

/** What a well-behaved peer says. */
export function answered(query: Buffer): Buffer[] {
  const response = numberedAnswer(query);
  return response instanceof Buffer ? [response] : [];
}

/** A peer that says the same of every name. */
export function answeringAll(rcode: number): PeerAnswer {
  return (query) => [emptyResponse(query, rcode)];
}
