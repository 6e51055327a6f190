/**
 * One TCP connection of a client: cuts messages, hands them to the handler, writes responses as they
 * become ready, in whatever order. Responses of one chunk of input leave in one write, and so do late
 * responses of one turn of the event loop.
 *
 * Bounded both ways: above `MAX_UNDER_WAY` queries without a response, or while the client reads nothing,
 * its queries stay in the kernel's buffer.
 *
 * Source: RFC 7766 §6.2.1.1 (pipelining), §6.2.3 (idle time), §7 (order), §8 (length prefix).
 */
import type { Socket } from "node:net";
import type { Instant } from "../ports/clock.ts";
import type { Client, Reply } from "../ports/packet-handler.ts";
import { FrameReader, PREFIX_OCTETS } from "../wire/framing.ts";
import { MAX_MESSAGE_OCTETS } from "../wire/read-message.ts";
import { type ClientKey, textOfKey } from "./inet.ts";
import type { ListenerDeps } from "./listener.ts";
import type { Refuser } from "./refusal.ts";
import type { TurnQueue } from "./turn-queue.ts";

/** Queries of one connection that may wait for a response: Knot Resolver and dnsmasq have 100 too. */
const MAX_UNDER_WAY = 100;
/** Octets of responses that may wait for the client to read. Sixteen of the longest. */
const MAX_UNREAD = 1024 * 1024;
/** Room of the buffer that all connections render into: one longest message, and a burst of usual ones. */
const BURST_OCTETS = 3 * 65_536;

/** What connections of one listener share. */
export interface TcpShared extends ListenerDeps {
  /** Lent to one connection at a time, and only while it runs through one chunk. */
  readonly scratch: Buffer;
  readonly turns: TurnQueue;
  readonly refuser: Refuser;
  /** The connection is over; called once. */
  readonly ended: (client: TcpClient) => void;
}

export function createScratch(): Buffer {
  return Buffer.allocUnsafeSlow(BURST_OCTETS);
}

export class TcpClient implements Client {
  readonly transport = "tcp";
  /** Part of `Client`. */
  receivedAt: Instant;
  readonly key: ClientKey;
  readonly #socket: Socket;
  readonly #shared: TcpShared;
  readonly #frames = new FrameReader();
  /** Octets of `scratch` in use, while a chunk is run through. */
  #used = 0;
  #underWay = 0;
  /** Whole queries that came in the same chunk as the one that met a limit. BOUNDED: by one chunk (64 KiB). */
  #waiting: Buffer[] = [];
  /** Responses that became ready this turn. BOUNDED: by `MAX_UNDER_WAY`. */
  #ready: Uint8Array[] = [];
  #phase: "open" | "draining" | "ended" = "open";
  /** When the last whole query came or the last response left: single octets are no progress. */
  #progressAt: Instant;

  constructor(socket: Socket, key: ClientKey, shared: TcpShared) {
    this.#socket = socket;
    this.key = key;
    this.#shared = shared;
    this.receivedAt = this.#progressAt = shared.clock.now();
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      this.#receive(chunk);
    });
    socket.on("drain", () => {
      this.#progressAt = shared.clock.now();
      this.#proceed();
    });
    socket.on("end", () => {
      // A half-closed client (`printf … | nc`) still gets what it asked for.
      this.finish();
    });
    // ECONNRESET, EPIPE: the client left. `close` follows.
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#end();
    });
  }

  get idleSince(): Instant {
    return this.#progressAt;
  }

  /** Whether some query has no response yet. */
  get isOwed(): boolean {
    return this.#underWay > 0;
  }

  /** Whether a query has begun that is not complete. */
  get isMidQuery(): boolean {
    return this.#frames.isMidFrame;
  }

  /** Octets that the client has not taken. */
  get unread(): number {
    return this.#socket.writableLength;
  }

  /** Closing the connection loses nothing. */
  get isIdle(): boolean {
    return !this.isOwed && this.unread === 0 && this.#waiting.length === 0;
  }

  /** Part of `Client`. */
  get clientAddress(): string {
    return textOfKey(this.key);
  }

  /** Part of `Client`: the response to the message being handled comes later. */
  detach(): Reply {
    let sent = false;
    this.#underWay++;
    return (response) => {
      if (sent) return;
      sent = true;
      this.#underWay--;
      if (this.#phase === "ended") {
        this.#shared.drops["client-gone"]++;
        return;
      }
      this.#ready.push(Buffer.from(response));
      if (this.#ready.length === 1) this.#shared.turns.add(this);
    };
  }

  /**
   * Takes no further query; closes once every query taken has its response. What still comes is read and
   * thrown away: closing a socket with unread octets resets it, and the client would lose the last responses.
   */
  finish(): void {
    if (this.#phase !== "open") return;
    this.#phase = "draining";
    this.#endWhenDone();
  }

  /** Closes now, whatever is under way. */
  destroy(): void {
    this.#socket.destroy();
    this.#end();
  }

  /** Called at the end of a turn of the event loop in which responses became ready. */
  flushTurn(): void {
    const ready = this.#ready;
    if (ready.length === 0 || this.#phase === "ended") return;
    this.#ready = [];
    this.#progressAt = this.#shared.clock.now();
    this.#write(frame(ready));
    this.#proceed();
    this.#endWhenDone();
  }

  #receive(chunk: Buffer): void {
    if (this.#phase !== "open") return;
    this.receivedAt = this.#shared.clock.now();
    this.#frames.push(chunk, this.#take);
    this.#flushBurst();
    if (this.#waiting.length > 0) this.#socket.pause();
  }

  readonly #take = (octets: Buffer, start: number, end: number): void => {
    if (this.#phase !== "open") return;
    if (end === start) {
      // RFC 7766 §8 gives a message of no octets no meaning: the client is lost, and so is its stream.
      this.#shared.drops["broken-frame"]++;
      this.finish();
    } else if (this.#isFull || this.#waiting.length > 0) {
      this.#waiting.push(octets.subarray(start, end));
    } else {
      this.#handle(octets, start, end);
    }
  };

  get #isFull(): boolean {
    return this.#underWay >= MAX_UNDER_WAY || this.#socket.writableNeedDrain;
  }

  #handle(octets: Buffer, start: number, end: number): void {
    const { scratch, admission, handler, refuser } = this.#shared;
    this.#progressAt = this.receivedAt;
    if (scratch.length - this.#used < PREFIX_OCTETS + MAX_MESSAGE_OCTETS) this.#flushBurst();
    const at = this.#used + PREFIX_OCTETS;
    const verdict = admission.admit(this.key);
    const length =
      verdict === "admitted"
        ? handler.handle(octets, start, end, scratch, at, this)
        : refuser.write(
            octets,
            start,
            end,
            scratch,
            at,
            verdict === "limited" ? "rate-limit" : "not-allowed",
          );
    if (length === 0) return;
    scratch[this.#used] = length >> 8;
    scratch[this.#used + 1] = length & 0xff;
    this.#used = at + length;
    // A stranger has no use for a connection.
    if (verdict === "refused") this.finish();
  }

  /** Sends what has been rendered. Copied: the socket may keep the buffer, and the scratch is shared. */
  #flushBurst(): void {
    if (this.#used === 0) return;
    const burst = Buffer.allocUnsafe(this.#used);
    this.#shared.scratch.copy(burst, 0, 0, this.#used);
    this.#used = 0;
    this.#write(burst);
    this.#endWhenDone();
  }

  #write(octets: Buffer): void {
    if (this.#phase === "ended") return;
    this.#socket.write(octets);
    if (this.#socket.writableLength <= MAX_UNREAD) return;
    this.#shared.drops["tcp-unread"]++;
    this.destroy();
  }

  /** Room again: takes up the queries that waited, then reads on. */
  #proceed(): void {
    if (this.#phase === "ended") return;
    this.receivedAt = this.#shared.clock.now();
    while (this.#waiting.length > 0 && !this.#isFull) {
      const query = this.#waiting.shift()!;
      this.#handle(query, 0, query.length);
    }
    this.#flushBurst();
    if (this.#phase === "open" && this.#waiting.length === 0 && this.#socket.isPaused())
      this.#socket.resume();
    this.#endWhenDone();
  }

  #endWhenDone(): void {
    if (this.#phase !== "draining" || this.#underWay > 0 || this.#ready.length > 0) return;
    if (this.#waiting.length > 0 || this.#used > 0) return;
    this.#socket.destroySoon();
  }

  #end(): void {
    if (this.#phase === "ended") return;
    this.#phase = "ended";
    this.#frames.close();
    this.#ready = [];
    this.#waiting = [];
    this.#shared.ended(this);
  }
}

/** Messages, each with its length before it (RFC 7766 §8), as one buffer. */
function frame(messages: readonly Uint8Array[]): Buffer {
  let octets = 0;
  for (const message of messages) octets += PREFIX_OCTETS + message.length;
  const out = Buffer.allocUnsafe(octets);
  let at = 0;
  for (const message of messages) {
    at = out.writeUInt16BE(message.length, at);
    out.set(message, at);
    at += message.length;
  }
  return out;
}
