/**
 * One client connection of a lab upstream: cuts queries out of the stream, has them answered, and
 * misbehaves as told.
 */
import type { Socket } from "node:net";
import type { Behaviour, Ending } from "./behaviour.ts";
import { emptyResponse, framed, withId, withKeepalive, withOtherQuestion } from "./raw-message.ts";

const MAX_REORDER_WAIT_MS = 10;

/** Gives the response to a query, whole messages both; `undefined` for none. */
export type Answer = (query: Buffer) => Buffer | undefined | Promise<Buffer | undefined>;

export interface ConnectionDeps {
  /** Where octets are read and written: the TLS socket, or the TCP socket itself. */
  readonly stream: Socket;
  /** The TCP socket below. */
  readonly raw: Socket;
  readonly answer: Answer;
  readonly behaviour: () => Behaviour;
  /** Called with each query, which it may keep; gives the query's number on this server, from 0. */
  readonly onQuery: (query: Buffer) => number;
  readonly onResponse: () => void;
}

export class Connection {
  readonly #deps: ConnectionDeps;
  #unread: Buffer = Buffer.alloc(0);
  #answers = 0;
  #queries = 0;
  #held: Buffer[] = [];
  #outgoing: Buffer[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  #idle: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(deps: ConnectionDeps) {
    this.#deps = deps;
    deps.stream.on("data", (chunk: Buffer) => {
      this.#read(chunk);
    });
    deps.stream.on("close", () => {
      this.#forget();
    });
    deps.stream.on("error", () => {
      this.#forget();
    });
    this.#watchIdle();
  }

  /** Ends it now, that way. */
  end(how: Ending): void {
    this.#forget();
    const { stream, raw } = this.#deps;
    if (how === "close-notify") stream.end();
    else if (how === "fin") raw.destroySoon();
    else raw.resetAndDestroy();
  }

  #read(chunk: Buffer): void {
    this.#unread = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk]);
    let at = 0;
    while (this.#unread.length - at >= 2 && !this.#ended) {
      const length = this.#unread.readUInt16BE(at);
      if (this.#unread.length - at < length + 2) break;
      this.#take(Buffer.from(this.#unread.subarray(at + 2, at + 2 + length)));
      at += length + 2;
    }
    this.#unread = this.#unread.subarray(at);
    this.#flush();
    this.#watchIdle();
  }

  #take(query: Buffer): void {
    const nth = this.#deps.onQuery(query);
    this.#queries += 1;
    const { silent, silentAfter, delayMs, rcode } = this.#deps.behaviour();
    if (silent === true || query.length < 12) return;
    if (silentAfter !== undefined && this.#queries > silentAfter) return;
    const delay = typeof delayMs === "function" ? delayMs(nth) : (delayMs ?? 0);
    const respond = (response: Buffer | undefined): void => {
      if (response === undefined) return;
      if (delay === 0) this.#send(query, response);
      else
        this.#later(delay, () => {
          this.#send(query, response);
          this.#flush();
        });
    };
    const response = rcode === undefined ? this.#deps.answer(query) : emptyResponse(query, rcode);
    if (!(response instanceof Promise)) {
      respond(response);
      return;
    }
    response.then(
      (late) => {
        respond(late);
        this.#flush();
      },
      (error: unknown) => {
        this.#deps.stream.destroy(error as Error);
      },
    );
  }

  #send(query: Buffer, response: Buffer): void {
    if (this.#ended) return;
    const { keepalive, reorder } = this.#deps.behaviour();
    this.#held.push(keepalive === undefined ? response : withKeepalive(response, keepalive));
    if (reorder === undefined) this.#release(query);
    else if (this.#held.length >= reorder) this.#release(query);
    else if (this.#held.length === 1) {
      this.#later(MAX_REORDER_WAIT_MS, () => {
        this.#release(query);
        this.#flush();
      });
    }
  }

  /** Moves what is held to the stream, last first, and ends the connection where the behaviour says so. */
  #release(query: Buffer): void {
    const { closeAfter, ending = "close-notify" } = this.#deps.behaviour();
    const responses = this.#held.reverse();
    this.#held = [];
    for (const response of responses) {
      if (this.#ended) return;
      this.#answers += 1;
      this.#deps.onResponse();
      const last = closeAfter !== undefined && this.#answers >= closeAfter;
      if (last && ending === "rst-mid-answer") {
        this.#outgoing.push(framed(response).subarray(0, response.length >> 1));
      } else this.#push(query, response);
      if (last) {
        this.#endAfterWriting(ending);
        return;
      }
    }
  }

  #push(query: Buffer, response: Buffer): void {
    const { misanswer, misanswerEvery = 1 } = this.#deps.behaviour();
    if (misanswer === undefined || this.#answers % misanswerEvery !== 0) {
      this.#outgoing.push(framed(response));
      return;
    }
    const id = response.readUInt16BE(0);
    switch (misanswer) {
      case "wrong-id":
        this.#outgoing.push(framed(withId(response, id ^ 0x5555)));
        return;
      case "wrong-question":
        // NODATA for another name: misleads whoever does not look at the question.
        this.#outgoing.push(framed(emptyResponse(withOtherQuestion(query), 0)));
        return;
      case "duplicate":
        this.#outgoing.push(framed(response), framed(response));
        return;
      case "unsolicited":
        this.#outgoing.push(framed(withId(response, id ^ 0x2aaa)), framed(response));
        return;
      case "garbage":
        this.#outgoing.push(framed(Buffer.alloc(64, 0xa5)));
        return;
      case "short-message":
        this.#outgoing.push(framed(response.subarray(0, 11)));
        return;
      case "query-echo":
        this.#outgoing.push(framed(query));
        return;
      case "zero-length-frame":
        this.#outgoing.push(Buffer.from([0, 0]), framed(response));
        return;
      case "truncated-frame":
        this.#outgoing.push(framed(response).subarray(0, -1));
        this.#endAfterWriting("fin");
        return;
    }
  }

  #endAfterWriting(how: Ending): void {
    const wire = Buffer.concat(this.#outgoing);
    this.#forget();
    const { stream, raw } = this.#deps;
    if (how === "close-notify") stream.end(wire);
    else {
      stream.write(wire, () => {
        if (how === "fin") raw.destroySoon();
        else raw.resetAndDestroy();
      });
    }
  }

  #flush(): void {
    if (this.#outgoing.length === 0 || this.#ended) return;
    const wire = this.#outgoing.length === 1 ? this.#outgoing[0] : Buffer.concat(this.#outgoing);
    this.#outgoing = [];
    const { splitOctets } = this.#deps.behaviour();
    if (wire === undefined) return;
    if (splitOctets === undefined) this.#deps.stream.write(wire);
    else
      for (let at = 0; at < wire.length; at += splitOctets) {
        this.#deps.stream.write(wire.subarray(at, at + splitOctets));
      }
  }

  #watchIdle(): void {
    const { idleCloseMs, ending = "close-notify" } = this.#deps.behaviour();
    clearTimeout(this.#idle);
    if (idleCloseMs === undefined || this.#ended) return;
    this.#idle = setTimeout(() => {
      this.end(ending);
    }, idleCloseMs);
  }

  #later(delay: number, task: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#ended) task();
    }, delay);
    this.#timers.add(timer);
  }

  #forget(): void {
    this.#ended = true;
    clearTimeout(this.#idle);
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#held = [];
    this.#outgoing = [];
  }
}
