/**
 * A `Channel` over a socket. Calls each of its owner's functions in the order the port promises, whatever the
 * socket does: `opened` or `failed` once, nothing after `failed`, `closed` or our own `close`.
 */
import type { Socket } from "node:net";
import type { Clock } from "../ports/clock.ts";
import type { Channel, ChannelEvents, ChannelInfo, DialFailure } from "../ports/dialer.ts";
import { failureOf } from "./dial-fault.ts";

/** Octets waiting in the socket above which the caller holds back: some two thousand queries. */
const MAX_WAITING_OCTETS = 262_144;
/** Milliseconds for the peer to take our FIN before the socket is destroyed. */
const LINGER_MS = 2_000;

export class SocketChannel implements Channel {
  readonly #events: ChannelEvents;
  readonly #clock: Clock;
  #socket: Socket | undefined;
  #phase: "dialling" | "open" | "closed" = "dialling";
  readonly #cancelTimer: () => void;
  #isFull = false;

  constructor(events: ChannelEvents, timeout: number, clock: Clock) {
    this.#events = events;
    this.#clock = clock;
    this.#cancelTimer = clock.after(timeout, () => {
      this.fail({ fault: "timed-out", detail: "no answer in time" });
    });
  }

  get isClosed(): boolean {
    return this.#phase === "closed";
  }

  /** Has `socket`, which leads to a proxy, destroyed if the dial ends before there is one to attach. */
  hold(socket: Socket): void {
    this.#socket = socket;
    if (this.isClosed) socket.destroy();
  }

  /** Takes over `socket`, which is still connecting or shaking hands. */
  attach(socket: Socket): void {
    this.#socket = socket;
    socket.on("error", (error) => {
      if (this.#phase === "dialling") this.fail(failureOf(error));
      else this.#lost(false);
    });
    socket.once("end", () => {
      if (this.#phase === "dialling") this.#hangUp();
      else this.#lost(true);
    });
    socket.once("close", () => {
      if (this.#phase === "dialling") this.#hangUp();
      else this.#lost(false);
    });
  }

  /** The peer is the right one: from now on its owner may write. */
  open(info: ChannelInfo): void {
    if (this.#phase !== "dialling") return;
    this.#phase = "open";
    this.#cancelTimer();
    this.#socket?.on("data", (chunk: Buffer) => {
      if (this.#phase === "open") this.#events.received(chunk);
    });
    this.#socket?.on("drain", () => {
      if (this.#phase === "open" && this.#isFull) {
        this.#isFull = false;
        this.#events.drained();
      }
    });
    this.#events.opened(info);
  }

  fail(failure: DialFailure): void {
    if (this.#phase !== "dialling") return;
    this.#phase = "closed";
    this.#cancelTimer();
    this.#socket?.destroy();
    this.#events.failed(failure);
  }

  write(octets: Uint8Array, done: () => void): boolean {
    if (this.#phase !== "open" || this.#socket === undefined) {
      done();
      return false;
    }
    this.#socket.write(octets, done);
    this.#isFull = this.#socket.writableLength > MAX_WAITING_OCTETS;
    return !this.#isFull;
  }

  close(): void {
    const wasOpen = this.#phase === "open";
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    this.#cancelTimer();
    const socket = this.#socket;
    if (socket === undefined) return;
    if (!wasOpen) {
      socket.destroy();
      return;
    }
    // In order: close_notify and FIN, not a reset that could overtake what was written.
    socket.end();
    const cancel = this.#clock.after(LINGER_MS, () => {
      socket.destroy();
    });
    socket.once("close", cancel);
  }

  #hangUp(): void {
    this.fail({ fault: "closed", detail: "closed during the handshake" });
  }

  #lost(isClean: boolean): void {
    if (this.#phase !== "open") return;
    this.#phase = "closed";
    this.#socket?.destroy();
    this.#events.closed(isClean);
  }
}
