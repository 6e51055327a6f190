/**
 * Responses on their way out of one UDP socket: rendered or copied into a ring, sent many at a time. What
 * the kernel has no room for now waits a little; what it refuses for good is counted.
 *
 * Source: sendmmsg(2): the error of a message is told by the call that begins with it.
 */
import { constants } from "node:os";
import type { Clock } from "../ports/clock.ts";
import type { Drops } from "./drops.ts";
import { type LinuxSockets, MSG_DONTWAIT } from "./linux-sockets.ts";
import { HEADER_OCTETS, MessageRing } from "./message-ring.ts";
import { type Family, sockaddrWords } from "./sockaddr.ts";
import { MAX_UDP_RESPONSE } from "./udp-rules.ts";

/** Responses that may be queued: those of one burst, and late ones beside them. */
const CAPACITY = 128;
/** Milliseconds until full kernel buffers are tried again, and how often. A client asks again after seconds. */
const RETRY_DELAY = 2;
const MAX_RETRIES = 50;

const { EINTR, EAGAIN, ENOBUFS, ENOMEM } = constants.errno;

export class SendRing {
  readonly #fd: number;
  readonly #sockets: LinuxSockets;
  readonly #drops: Drops;
  readonly #clock: Clock;
  readonly #words: number;
  /** One slot more than is ever sent, so that there is room to render even when the ring is full. */
  readonly #ring: MessageRing;
  #count = 0;
  #sent = 0;
  #retries = 0;
  #cancelRetry: (() => void) | undefined;

  constructor(deps: { fd: number; family: Family; sockets: LinuxSockets; drops: Drops; clock: Clock }) {
    this.#fd = deps.fd;
    this.#sockets = deps.sockets;
    this.#drops = deps.drops;
    this.#clock = deps.clock;
    this.#words = sockaddrWords(deps.family);
    this.#ring = new MessageRing(CAPACITY + 1, MAX_UDP_RESPONSE, deps.family, deps.sockets);
  }

  /** Where a response may be written, from `offset` on, before it is `commit`ted. */
  get data(): Buffer {
    return this.#ring.data;
  }

  get offset(): number {
    return this.#ring.offset(this.#count);
  }

  /** Queues the `octets` written at `offset` for the socket address in `words` from `at` on. */
  commit(octets: number, words: Int32Array, at: number): void {
    if (this.#count === CAPACITY) {
      this.#drops["send-failed"]++;
      return;
    }
    this.#ring.address(this.#count, octets, words, at, this.#words);
    this.#count++;
    if (this.#count === CAPACITY) this.flush();
  }

  /** Sends everything queued, as far as the kernel takes it. */
  flush(): void {
    if (this.#cancelRetry !== undefined) return;
    while (this.#sent < this.#count) {
      const headers = this.#ring.headers;
      const from = this.#sent === 0 ? headers : headers.subarray(this.#sent * HEADER_OCTETS);
      const sent = this.#sockets.sendmmsg(this.#fd, from, this.#count - this.#sent, MSG_DONTWAIT);
      if (sent > 0) {
        this.#sent += sent;
        this.#retries = 0;
      } else if (!this.#goOnAfter(this.#sockets.errno())) {
        return;
      }
    }
    this.#sent = 0;
    this.#count = 0;
  }

  /** Forgets what is queued: the descriptor is about to be closed, and may be another's afterwards. */
  close(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    this.#drops["send-failed"] += this.#count - this.#sent;
    this.#sent = 0;
    this.#count = 0;
  }

  #goOnAfter(errno: number): boolean {
    if (errno === EINTR) return true;
    if (errno === EAGAIN || errno === ENOBUFS || errno === ENOMEM) {
      if (this.#retries < MAX_RETRIES) {
        this.#retries++;
        this.#cancelRetry = this.#clock.after(RETRY_DELAY, () => {
          this.#cancelRetry = undefined;
          this.flush();
        });
        return false;
      }
      this.#drops["send-failed"] += this.#count - this.#sent;
      this.#sent = this.#count;
      this.#retries = 0;
      return true;
    }
    // EPERM (a firewall), EHOSTUNREACH, EINVAL: this one client's response, no other's.
    this.#drops["send-failed"]++;
    this.#sent++;
    return true;
  }
}
