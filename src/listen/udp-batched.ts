/**
 * UDP by `recvmmsg` and `sendmmsg`: one burst costs two system calls, not two a datagram.
 *
 * Node has no way to wait for a descriptor but to read it. So dgram wraps the descriptor and delivers the
 * first datagram of a burst; the rest is drained here, each response is rendered where `sendmmsg` takes it
 * from, and all of them leave together. Late responses of one turn of the event loop leave together too.
 *
 * Source: recvmmsg(2), sendmmsg(2), udp(7).
 */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { constants } from "node:os";
import type { Client, Reply } from "../ports/packet-handler.ts";
import { type BindFault, bindFault } from "./bind-fault.ts";
import { openDescriptor, scopeOf } from "./descriptor.ts";
import { type ClientKey, clientKey, octetsOfAddress, textOfKey } from "./inet.ts";
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
  writeSockaddr,
} from "./sockaddr.ts";
import { TurnQueue } from "./turn-queue.ts";
import { growReceiveBuffer, isReflectionPort, MAX_UDP_QUERY, MAX_UDP_RESPONSE } from "./udp-rules.ts";

export interface BatchedDeps extends ListenerDeps {
  readonly sockets: LinuxSockets;
}

/** Datagrams taken by one call: measured, 32 cost a little more and 128 nothing less. */
const RECEIVE_SLOTS = 64;
/** Datagrams taken in one turn of the event loop: 5 ms of work, then others have their turn. */
const MAX_A_TURN = 1_024;

const { EAGAIN, EINTR } = constants.errno;

/** Binds a UDP socket, or adopts `target.fd`, and serves from it. */
export function openBatchedUdp(target: BindTarget, deps: BatchedDeps): Promise<Listener | BindFault> {
  const fd = target.fd ?? openDescriptor("udp", target, deps.sockets, { sharePort: false });
  if (typeof fd !== "number") return Promise.resolve(bindFault("udp", target, fd));
  const family = target.host.includes(":") ? 6 : 4;
  const socket = createSocket(family === 6 ? "udp6" : "udp4");
  return new Promise((resolve) => {
    socket.once("error", (error) => {
      socket.close();
      if (target.fd === undefined) deps.sockets.close(fd);
      resolve(bindFault("udp", target, error));
    });
    socket.once("listening", () => {
      socket.removeAllListeners("error");
      resolve(new BatchedUdpEndpoint(socket, fd, family, deps));
    });
    try {
      socket.bind({ fd, exclusive: true });
    } catch (error) {
      socket.emit("error", error); // A descriptor of another kind.
    }
  });
}

class BatchedUdpEndpoint implements Listener, Client {
  readonly transport = "udp";
  readonly address: SocketAddress;
  readonly #socket: Socket;
  readonly #fd: number;
  readonly #family: Family;
  readonly #deps: BatchedDeps;
  readonly #refuser: Refuser;
  readonly #received: MessageRing;
  readonly #out: SendRing;
  readonly #turns = new TurnQueue();
  /** Socket address of a datagram that dgram delivered, and the text it was made from. */
  readonly #first = Buffer.allocUnsafeSlow(SOCKADDR_SLOT).fill(0);
  readonly #firstWords = new Int32Array(this.#first.buffer, this.#first.byteOffset, SOCKADDR_WORDS);
  #firstText = "";
  /** The last client, as address and as key: queries come in runs of one client. */
  readonly #lastAddress = new Int32Array(4);
  #lastKey: ClientKey | undefined;
  /** Socket address of the client being served: where it stands. */
  #from: Int32Array = this.#firstWords;
  #fromAt = 0;
  readonly #to = new Int32Array(SOCKADDR_WORDS);
  #isServing = false;
  /** Late responses given while a query was being served. BOUNDED: by one burst. */
  readonly #held: (() => void)[] = [];
  #takenThisTurn = 0;
  /** The last burst was one datagram. */
  #isQuiet = true;
  #turnEnds = false;
  #underWay = 0;
  #phase: "open" | "draining" | "closed" = "open";
  #drained: () => void = () => {};

  constructor(socket: Socket, fd: number, family: Family, deps: BatchedDeps) {
    this.#socket = socket;
    this.#fd = fd;
    this.#family = family;
    this.#deps = deps;
    this.#refuser = new Refuser("udp", deps);
    this.#received = new MessageRing(RECEIVE_SLOTS, MAX_UDP_QUERY, family, deps.sockets);
    this.#out = new SendRing({ fd, family, ...deps });
    const { address, port } = socket.address();
    this.address = { host: address, port };
    socket.on("message", (packet, from) => {
      this.#receive(packet, from);
    });
    socket.on("error", () => {
      deps.drops["receive-failed"]++;
    });
    growReceiveBuffer(socket);
  }

  /** Part of `Client`. */
  get clientAddress(): string {
    return textOfKey(this.#lastKey ?? "");
  }

  /** Part of `Client`: the response to the datagram being handled comes later. */
  detach(): Reply {
    const first = this.#from[this.#fromAt]!;
    const second = this.#from[this.#fromAt + 1]!;
    const whole =
      this.#family === 6 ? this.#from.slice(this.#fromAt, this.#fromAt + sockaddrWords(6)) : undefined;
    let sent = false;
    this.#underWay++;
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
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }

  /** Part of `Flushable`: the turn in which late responses were queued ends. */
  flushTurn(): void {
    this.#turnEnds = false;
    this.#takenThisTurn = 0;
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

  /** `packet` is the first datagram of a burst. */
  #receive(packet: Buffer, from: RemoteInfo): void {
    if (this.#phase !== "open") return;
    this.#isServing = true;
    this.#noteFirst(from);
    this.#serve(packet, 0, packet.length, this.#first, this.#firstWords, 0);
    // Where queries come one by one, none waits for the look whether there are more.
    if (this.#isQuiet) this.#out.flush();
    if (this.#takenThisTurn < MAX_A_TURN) this.#drain();
    this.#isServing = false;
    if (this.#held.length > 0) {
      for (const reply of this.#held.splice(0)) reply();
    }
    this.#out.flush();
  }

  /** Takes what else has come, as long as calls come back full. */
  #drain(): void {
    const ring = this.#received;
    this.#isQuiet = true;
    let count: number;
    do {
      count = this.#deps.sockets.recvmmsg(this.#fd, ring.headers, RECEIVE_SLOTS, MSG_DONTWAIT, null);
      if (count <= 0) {
        this.#noteEmpty(count);
        return;
      }
      this.#isQuiet = false;
      for (let slot = 0; slot < count; slot++) {
        if ((ring.flags(slot) & MSG_TRUNC) !== 0) {
          this.#deps.drops["oversized-query"]++;
          continue;
        }
        const start = ring.offset(slot);
        this.#serve(ring.data, start, start + ring.received(slot), ring.names, ring.nameWords, slot);
      }
      this.#takenThisTurn += count;
      this.#out.flush();
    } while (count === RECEIVE_SLOTS && this.#takenThisTurn < MAX_A_TURN);
    if (this.#takenThisTurn >= MAX_A_TURN) this.#endTurnLater();
  }

  #noteEmpty(count: number): void {
    this.#takenThisTurn = 0;
    if (count === 0) return;
    const errno = this.#deps.sockets.errno();
    if (errno !== EAGAIN && errno !== EINTR) this.#deps.drops["receive-failed"]++;
  }

  /** Serves the query in `packet[start..end)` of the client whose socket address is in slot `slot`. */
  #serve(packet: Buffer, start: number, end: number, names: Buffer, words: Int32Array, slot: number): void {
    const { drops, admission, handler } = this.#deps;
    const at = slot * SOCKADDR_WORDS;
    if (isReflectionPort(portOf(words[at]!))) {
      drops["reflection-port"]++;
      return;
    }
    if (end - start > MAX_UDP_QUERY) {
      drops["oversized-query"]++;
      return;
    }
    const verdict = admission.admit(this.#keyOf(names, words, slot));
    if (verdict === "limited") {
      drops["rate-limit"]++;
      return;
    }
    this.#from = words;
    this.#fromAt = at;
    const out = this.#out;
    const outStart = out.offset;
    const octets =
      verdict === "admitted"
        ? handler.handle(packet, start, end, out.data, outStart, this)
        : this.#refuser.write(packet, start, end, out.data, outStart, "not-allowed");
    if (octets > 0) out.commit(octets, words, at);
  }

  #keyOf(names: Buffer, words: Int32Array, slot: number): ClientKey {
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

  #noteFirst({ address, port }: RemoteInfo): void {
    if (address !== this.#firstText) {
      const octets = octetsOfAddress(address) ?? new Uint8Array(4);
      writeSockaddr(this.#first, octets, port, scopeOf(address, this.#deps.sockets));
      this.#firstText = address;
    }
    this.#first.writeUInt16BE(port, 2);
  }
}
