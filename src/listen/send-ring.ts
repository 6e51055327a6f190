/**
 * Responses on their way out of one UDP socket: rendered or copied into slots, sent many at a time. What
 * the kernel has no room for now waits a little; what it refuses for good is counted.
 *
 * Responses of one length to one client of this machine share a message (`OutgoingMessages`). Others' do not: a network
 * card's driver may lose what it is to cut apart and tell nobody, the loopback interface cuts nothing apart before the client's socket.
 *
 * Source: sendmmsg(2): the error of a message is told by the call that begins with it.
 */
import { constants } from "node:os";
import type { Clock } from "../ports/clock.ts";
import type { Drops } from "./drops.ts";
import { type LinuxSockets, MSG_DONTWAIT, SOL_UDP, UDP_SEGMENT } from "./linux-sockets.ts";
import { HEADER_OCTETS } from "./message-layout.ts";
import { OutgoingMessages } from "./outgoing-messages.ts";
import { type Family, isLoopback } from "./sockaddr.ts";
import { MAX_UDP_RESPONSE } from "./udp-rules.ts";

/** Responses that may be queued: those of one burst, and late ones beside them. */
const CAPACITY = 128;
/** Milliseconds until full kernel buffers are tried again, and how often. A client asks again after seconds. */
const RETRY_DELAY = 2;
const MAX_RETRIES = 50;
/** Messages among which one is looked for that a response may share: a burst has few clients. */
const LOOK_BACK = 8;

const { EINTR, EAGAIN, ENOBUFS, ENOMEM, EIO, EINVAL, EMSGSIZE } = constants.errno;
/** What a message of several responses fails with where the kernel cannot send it so: IPsec on the way, an MTU below a response. */
const NOT_CUT_APART = new Set([EIO, EINVAL, EMSGSIZE]);

export class SendRing {
  readonly #fd: number;
  readonly #sockets: LinuxSockets;
  readonly #drops: Drops;
  readonly #clock: Clock;
  readonly #family: Family;
  /** One slot more than is ever sent, so that there is room to render even when the ring is full. */
  readonly #messages: OutgoingMessages;
  /** Whether responses may share a message. */
  #shares: boolean;
  /** Responses queued. */
  #count = 0;
  /** Messages that carry them, and how many of these are sent. */
  #end = 0;
  #sent = 0;
  #retries = 0;
  #cancelRetry: (() => void) | undefined;

  constructor(deps: { fd: number; family: Family; sockets: LinuxSockets; drops: Drops; clock: Clock }) {
    this.#fd = deps.fd;
    this.#sockets = deps.sockets;
    this.#drops = deps.drops;
    this.#clock = deps.clock;
    this.#family = deps.family;
    this.#messages = new OutgoingMessages(CAPACITY + 1, MAX_UDP_RESPONSE, deps.family, deps.sockets);
    this.#shares = knowsSegments(deps.fd, deps.sockets);
  }

  /** Where a response may be written, from `offset` on, before it is `commit`ted. */
  get data(): Buffer {
    return this.#messages.data;
  }

  get offset(): number {
    return this.#messages.offset(this.#count);
  }

  /** Queues the `octets` written at `offset` for the socket address in `words` from `at` on. */
  commit(octets: number, words: Int32Array, at: number): void {
    if (this.#count === CAPACITY) {
      this.#drops["send-failed"]++;
      return;
    }
    const slot = this.#count++;
    const message = this.#messageFor(octets, words, at);
    if (message < this.#end) this.#messages.append(message, slot, octets);
    else this.#messages.begin(this.#end++, slot, octets, words, at);
    if (this.#count === CAPACITY) this.flush();
  }

  /** Sends everything queued, as far as the kernel takes it. */
  flush(): void {
    if (this.#cancelRetry !== undefined) return;
    while (this.#sent < this.#end) {
      const { headers } = this.#messages;
      const from = this.#sent === 0 ? headers : headers.subarray(this.#sent * HEADER_OCTETS);
      const sent = this.#sockets.sendmmsg(this.#fd, from, this.#end - this.#sent, MSG_DONTWAIT);
      if (sent > 0) {
        this.#sent += sent;
        this.#retries = 0;
      } else if (!this.#goOnAfter(this.#sockets.errno())) {
        return;
      }
    }
    this.#forget();
  }

  /** Forgets what is queued: the descriptor is about to be closed, and may be another's afterwards. */
  close(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    this.#giveUp(this.#end);
    this.#forget();
  }

  /** The message that the response may share, or else the end. */
  #messageFor(octets: number, words: Int32Array, at: number): number {
    if (this.#shares && this.#end > this.#sent && isLoopback(this.#family, words, at)) {
      const first = Math.max(this.#sent, this.#end - LOOK_BACK);
      for (let message = this.#end - 1; message >= first; message--) {
        if (this.#messages.takes(message, octets, words, at)) return message;
      }
    }
    return this.#end;
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
      this.#giveUp(this.#end);
      this.#retries = 0;
      return true;
    }
    if (this.#messages.segments(this.#sent) > 1 && NOT_CUT_APART.has(errno)) {
      this.#shares = false;
      this.#end = this.#messages.separate(this.#sent, this.#end);
      return true;
    }
    // EPERM (a firewall), EHOSTUNREACH, EINVAL: this one client's response, no other's.
    this.#giveUp(this.#sent + 1);
    return true;
  }

  /** Counts what the messages up to `end` carry as not sent. */
  #giveUp(end: number): void {
    for (; this.#sent < end; this.#sent++) this.#drops["send-failed"] += this.#messages.segments(this.#sent);
  }

  #forget(): void {
    this.#sent = 0;
    this.#end = 0;
    this.#count = 0;
  }
}

function knowsSegments(fd: number, sockets: LinuxSockets): boolean {
  const octets = Buffer.from([4, 0, 0, 0]);
  return sockets.getsockopt(fd, SOL_UDP, UDP_SEGMENT, Buffer.alloc(4), octets) === 0;
}
