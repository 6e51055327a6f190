/**
 * UDP by `recvmmsg` and `sendmmsg`: one burst costs two system calls, not two a datagram.
 *
 * The event loop tells when there is something to read; the burst is drained here, each response is rendered
 * where `sendmmsg` takes it from, and all of them leave together. Late responses of one turn of the event loop
 * leave together too.
 *
 * Source: recvmmsg(2), sendmmsg(2), udp(7).
 */
import { constants } from "node:os";
import type { Instant } from "../ports/clock.ts";
import type { Client, Reply } from "../ports/packet-handler.ts";
import { type BindFault, bindFault } from "./bind-fault.ts";
import { boundAddress, growReceiveBuffer, openDescriptor } from "./descriptor.ts";
import { type ClientKey, clientKey, textOfKey } from "./inet.ts";
import type { Watch } from "../ports/koffi.ts";
import { type LinuxSockets, MSG_DONTWAIT, MSG_TRUNC } from "./linux-sockets.ts";
import type { BindTarget, Listener, ListenerDeps, SocketAddress } from "./listener.ts";
import { MessageRing } from "./message-ring.ts";
import { Refuser } from "./refusal.ts";
import { SendRing } from "./send-ring.ts";
import {
  addressOffset,
  type Family,
  portOf,
  SOCKADDR_SLOT,
  SOCKADDR_WORDS,
  sockaddrWords,
} from "./sockaddr.ts";
import { TurnQueue } from "./turn-queue.ts";
import { isReflectionPort, MAX_UDP_QUERY, MAX_UDP_RESPONSE } from "./udp-rules.ts";

export interface BatchedDeps extends ListenerDeps {
  readonly sockets: LinuxSockets;
}

/** Datagrams taken by one call: measured, 32 cost a little more and 128 nothing less. */
const RECEIVE_SLOTS = 64;
/**
 * The same while responses under way may answer what is not read yet. An absent name of a signed zone that leaves before the
 * proof by which another is denied, and would have been, is asked for in vain: some 60 of 9,400 in a zone of 20,000 names with bursts
 * of 64, some 20 with these.
 */
const RECEIVE_SLOTS_LEARNING = 12;
/** Datagrams taken in one turn of the event loop: 5 ms of work, then others have their turn. */
const MAX_A_TURN = 1_024;
/** Milliseconds until a descriptor is watched again on which libuv has met an error. */
const REWATCH_DELAY = 10;

const { EAGAIN, EINTR } = constants.errno;

/** Binds a UDP socket, or adopts `target.fd`, and serves from it. */
export function openBatchedUdp(target: BindTarget, deps: BatchedDeps): Promise<Listener | BindFault> {
  return Promise.resolve(open(target, deps));
}

function open(target: BindTarget, deps: BatchedDeps): Listener | BindFault {
  const { sockets } = deps;
  const fd = target.fd ?? openDescriptor("udp", target, sockets, { sharePort: false });
  if (typeof fd !== "number") return bindFault("udp", target, fd);
  const address = boundAddress(fd, sockets);
  let fault: unknown = address;
  if (!(address instanceof Error)) {
    try {
      return new BatchedUdpEndpoint(fd, address, deps);
    } catch (error) {
      fault = error;
    }
  }
  if (target.fd === undefined) sockets.close(fd);
  return bindFault("udp", target, fault);
}

class BatchedUdpEndpoint implements Listener, Client {
  readonly transport = "udp";
  /** Part of `Client`. */
  receivedAt: Instant;
  readonly address: SocketAddress;
  readonly #fd: number;
  readonly #family: Family;
  readonly #deps: BatchedDeps;
  readonly #refuser: Refuser;
  readonly #received: MessageRing;
  readonly #out: SendRing;
  readonly #turns = new TurnQueue();
  readonly #watch: Watch;
  #cancelRewatch: (() => void) | undefined;
  /** The last client, as address and as key: queries come in runs of one client. */
  readonly #lastAddress = new Int32Array(4);
  #lastKey: ClientKey | undefined;
  /** Where the socket address of the client being served stands among those received. */
  #fromAt = 0;
  readonly #to = new Int32Array(SOCKADDR_WORDS);
  #isServing = false;
  /** Whether a query that was read last waits for what may answer others. */
  #learns = false;
  /** Late responses given while a query was being served. BOUNDED: by one burst. */
  readonly #held: (() => void)[] = [];
  #turnEnds = false;
  #underWay = 0;
  #phase: "open" | "draining" | "closed" = "open";
  #drained: () => void = () => {};

  /** @throws where libuv cannot watch the descriptor. */
  constructor(fd: number, address: SocketAddress, deps: BatchedDeps) {
    this.#fd = fd;
    this.address = address;
    this.#family = address.host.includes(":") ? 6 : 4;
    this.#deps = deps;
    this.receivedAt = deps.clock.now();
    this.#refuser = new Refuser("udp", deps);
    this.#received = new MessageRing(RECEIVE_SLOTS, MAX_UDP_QUERY, this.#family, deps.sockets);
    this.#out = new SendRing({ fd, family: this.#family, ...deps });
    growReceiveBuffer(fd, deps.sockets);
    this.#watch = deps.sockets.poll(fd, this.#ready);
  }

  /** Part of `Client`. */
  get clientAddress(): string {
    return textOfKey(this.#lastKey ?? "");
  }

  /** Part of `Client`: the response to the datagram being handled comes later. */
  detach(teaches = false): Reply {
    if (teaches) this.#learns = true;
    const from = this.#received.nameWords;
    const first = from[this.#fromAt]!;
    const second = from[this.#fromAt + 1]!;
    const whole = this.#family === 6 ? from.slice(this.#fromAt, this.#fromAt + sockaddrWords(6)) : undefined;
    let sent = false;
    this.#underWay++;
    // Also runs the ticks and microtasks that looking the name up leaves: see `LinuxSockets.poll`.
    this.#endTurnLater();
    const reply = (response: Uint8Array): void => {
      if (sent) return;
      if (this.#isServing) {
        const own = Buffer.from(response);
        this.#held.push(() => {
          reply(own);
        });
        return;
      }
      sent = true;
      if (whole !== undefined) this.#to.set(whole);
      this.#to[0] = first;
      this.#to[1] = second;
      this.#sendLate(response);
    };
    return reply;
  }

  async close(graceMs: number): Promise<void> {
    if (this.#phase !== "open") return;
    this.#phase = "draining";
    this.#cancelRewatch?.();
    this.#watch.close();
    if (this.#underWay > 0 && graceMs > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.#deps.clock.after(graceMs, resolve);
        this.#drained = () => {
          cancel();
          resolve();
        };
      });
    }
    this.#out.flush();
    this.#out.close();
    this.#phase = "closed";
    this.#deps.sockets.close(this.#fd);
  }

  /** Part of `Flushable`: the turn in which late responses were queued ends. */
  flushTurn(): void {
    this.#turnEnds = false;
    if (this.#phase !== "closed") this.#out.flush();
    if (this.#underWay === 0) this.#drained();
  }

  #sendLate(response: Uint8Array): void {
    this.#underWay--;
    const { drops } = this.#deps;
    if (this.#phase === "closed") {
      drops["client-gone"]++;
    } else if (response.length > MAX_UDP_RESPONSE) {
      drops["send-failed"]++;
    } else {
      this.#out.data.set(response, this.#out.offset);
      this.#out.commit(response.length, this.#to, 0);
    }
    this.#endTurnLater();
  }

  #endTurnLater(): void {
    if (this.#turnEnds) return;
    this.#turnEnds = true;
    this.#turns.add(this);
  }

  readonly #ready = (status: number): void => {
    if (status < 0) this.#watchAgain();
    try {
      this.#isServing = true;
      try {
        this.#drain();
      } finally {
        this.#isServing = false;
      }
      if (this.#held.length > 0) {
        for (const reply of this.#held.splice(0)) reply();
        this.#out.flush();
      }
    } catch (error) {
      // Thrown where Node looks for what nobody caught.
      setImmediate(() => {
        throw error;
      });
    }
  };

  /**
   * Takes what has come, as long as calls come back full and nothing that may answer others is waited for; the event loop calls
   * again for what is left.
   */
  #drain(): void {
    const ring = this.#received;
    let slots = this.#learns ? RECEIVE_SLOTS_LEARNING : RECEIVE_SLOTS;
    this.#learns = false;
    for (let left = MAX_A_TURN; left > 0; slots = Math.min(2 * slots, RECEIVE_SLOTS, left)) {
      const count = this.#deps.sockets.recvmmsg(this.#fd, ring.headers, slots, MSG_DONTWAIT, null);
      if (count < 0) this.#noteFailed();
      this.receivedAt = this.#deps.clock.now();
      for (let slot = 0; slot < count; slot++) {
        if ((ring.flags(slot) & MSG_TRUNC) !== 0) {
          this.#deps.drops["oversized-query"]++;
          continue;
        }
        const start = ring.offset(slot);
        this.#serve(ring.data, start, start + ring.received(slot), slot);
      }
      this.#out.flush();
      if (count < slots || this.#learns) return;
      left -= slots;
    }
  }

  #noteFailed(): void {
    const errno = this.#deps.sockets.errno();
    if (errno !== EAGAIN && errno !== EINTR) this.#deps.drops["receive-failed"]++;
  }

  /** An error of the socket's, which the next read takes off it, ends libuv's watch. */
  #watchAgain(): void {
    this.#cancelRewatch = this.#deps.clock.after(REWATCH_DELAY, () => {
      try {
        this.#watch.start(this.#ready);
      } catch {
        this.#deps.drops["receive-failed"]++;
        this.#watchAgain();
      }
    });
  }

  /** Serves the query in `packet[start..end)` of the client whose socket address is in slot `slot`. */
  #serve(packet: Buffer, start: number, end: number, slot: number): void {
    const { drops, admission, handler } = this.#deps;
    const words = this.#received.nameWords;
    const at = slot * SOCKADDR_WORDS;
    if (isReflectionPort(portOf(words[at]!))) {
      drops["reflection-port"]++;
      return;
    }
    const verdict = admission.admit(this.#keyOf(slot));
    if (verdict === "limited") {
      drops["rate-limit"]++;
      return;
    }
    this.#fromAt = at;
    const out = this.#out;
    const outStart = out.offset;
    const octets =
      verdict === "admitted"
        ? handler.handle(packet, start, end, out.data, outStart, this)
        : this.#refuser.write(packet, start, end, out.data, outStart, "not-allowed");
    if (octets > 0) out.commit(octets, words, at);
  }

  #keyOf(slot: number): ClientKey {
    const { names, nameWords: words } = this.#received;
    const at = slot * SOCKADDR_WORDS + addressOffset(this.#family) / 4;
    const last = this.#lastAddress;
    const octets = this.#family === 4 ? 4 : 16;
    let isSame = this.#lastKey !== undefined && words[at] === last[0];
    for (let i = 1; isSame && i < octets / 4; i++) isSame = words[at + i] === last[i];
    if (isSame) return this.#lastKey!;
    for (let i = 0; i < octets / 4; i++) last[i] = words[at + i]!;
    this.#lastKey = clientKey(names, slot * SOCKADDR_SLOT + addressOffset(this.#family), octets);
    return this.#lastKey;
  }
}
