/**
 * A client that asks numbered names at a steady rate and judges every response: the figures of a row of
 * transport faults.
 */
import { createSocket, type Socket } from "node:dgram";
import { isRight, numberedName } from "../lab/numbered.ts";
import { query } from "./query.ts";

/** What became of one query. */
export interface Outcome {
  readonly serial: number;
  /** Milliseconds, monotonic. */
  readonly sentAt: number;
  /** Milliseconds; absent where nothing came. */
  took?: number;
  fate: "right" | "servfail" | "lost" | "wrong";
}

export interface LoadOptions {
  readonly count: number;
  /** Queries a second; absent: all at once. */
  readonly rate?: number;
  /** Most that wait for a response at a time: the sockets of a busy machine drop what is sent at will. */
  readonly window?: number;
  readonly domain?: string;
}

/** Milliseconds after which a client thinks its query lost: more than `upstream.query_timeout`. */
const LOST_AFTER_MS = 6_000;
const TICK_MS = 2;
/** Queries sent without looking whether responses have come. */
const MAX_A_TICK = 100;
const DEFAULT_WINDOW = 2_000;
const RCODE_SERVFAIL = 2;

export class LoadClient {
  readonly #socket: Socket;
  readonly #port: number;
  /** By message ID. BOUNDED: by the ID space. */
  readonly #waiting = new Map<number, { outcome: Outcome; domain: string | undefined; done: () => void }>();
  #serial = 0;

  private constructor(socket: Socket, port: number) {
    this.#socket = socket;
    this.#port = port;
    socket.on("message", (response) => {
      this.#take(response);
    });
  }

  /** To the UDP listener at that port of 127.0.0.1. */
  static async open(port: number): Promise<LoadClient> {
    const socket = createSocket({ type: "udp4", recvBufferSize: 4 << 20, sendBufferSize: 4 << 20 });
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(0, "127.0.0.1", resolve);
    });
    return new LoadClient(socket, port);
  }

  /** Asks the next `count` names; gives what became of each, in the order they were asked. */
  async ask({ count, rate, domain, window = DEFAULT_WINDOW }: LoadOptions): Promise<Outcome[]> {
    const begin = performance.now();
    const outcomes: Promise<Outcome>[] = [];
    while (outcomes.length < count) {
      const due = rate === undefined ? count : ((performance.now() - begin) * rate) / 1_000 + 1;
      const room = outcomes.length + Math.min(MAX_A_TICK, window - this.#waiting.size);
      while (outcomes.length < Math.min(count, due, room)) outcomes.push(this.#askNext(domain));
      if (outcomes.length < count) await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
    return await Promise.all(outcomes);
  }

  close(): void {
    this.#socket.close();
  }

  async #askNext(domain: string | undefined): Promise<Outcome> {
    const serial = this.#serial++;
    const id = serial & 0xffff;
    const outcome: Outcome = { serial, sentAt: performance.now(), fate: "lost" };
    return await new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        resolve(outcome);
      }, LOST_AFTER_MS);
      const done = (): void => {
        clearTimeout(timer);
        resolve(outcome);
      };
      this.#waiting.set(id, { outcome, domain, done });
      this.#socket.send(
        query({ id, name: numberedName(serial, domain), type: "AAAA", edns: true }),
        this.#port,
        "127.0.0.1",
      );
    });
  }

  #take(response: Buffer): void {
    const id = response.readUInt16BE(0);
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    const { outcome, domain, done } = waiting;
    outcome.took = performance.now() - outcome.sentAt;
    if (isRight(response, outcome.serial, domain)) outcome.fate = "right";
    else outcome.fate = (response[3]! & 0xf) === RCODE_SERVFAIL ? "servfail" : "wrong";
    done();
  }
}

export interface Figures {
  readonly sent: number;
  readonly right: number;
  readonly servfail: number;
  readonly lost: number;
  readonly wrong: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

export function figuresOf(outcomes: readonly Outcome[]): Figures {
  const of = (fate: Outcome["fate"]): number => outcomes.filter((each) => each.fate === fate).length;
  const took = outcomes.map((outcome) => outcome.took ?? LOST_AFTER_MS).sort((a, b) => a - b);
  return {
    sent: outcomes.length,
    right: of("right"),
    servfail: of("servfail"),
    lost: of("lost"),
    wrong: of("wrong"),
    p50: quantile(took, 0.5),
    p99: quantile(took, 0.99),
  };
}

function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

/** One line of the table in `docs/transport.md`. */
function rowOf(fault: string, figures: Figures, recovery?: number): string {
  const { sent, right, servfail, lost, wrong, p50, p99 } = figures;
  const cells = [fault, sent, right, servfail, lost, wrong, ms(p50), ms(p99)];
  return `| ${cells.join(" | ")} | ${recovery === undefined ? "" : ms(recovery)} |`;
}

/** Prints the line, for whoever brings the table up to date. */
export function printRow(fault: string, figures: Figures, recovery?: number): void {
  process.stdout.write(`${rowOf(fault, figures, recovery)}\n`);
}

function ms(milliseconds: number): string {
  return milliseconds < 10 ? milliseconds.toFixed(1) : String(Math.round(milliseconds));
}
