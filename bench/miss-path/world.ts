/**
 * A whole resolver between a client that is a counter and an upstream that is a table: no socket, no TLS, no
 * kernel. What is left is what a miss costs in this process.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Resolver } from "../../src/compose/resolver.ts";
import { createDrops, createRefused } from "../../src/listen/drops.ts";
import { SystemClock, SystemRandom } from "../../src/compose/system.ts";
import type { Channel, ChannelEvents } from "../../src/ports/dialer.ts";
import type { PacketHandler } from "../../src/ports/packet-handler.ts";
import { FrameReader } from "../../src/wire/framing.ts";
import { SilentLog } from "../../test/support/silent-log.ts";
import { configFrom } from "../../test/unit/config/load-text.ts";

export interface World {
  readonly handler: PacketHandler;
  /** Queries that left. */
  asked(): number;
  /** Empties the cache. */
  forget(): void;
  close(): Promise<void>;
}

/** Gives the response to a query, in a buffer of its own. */
export type Respond = (query: Buffer) => Buffer | undefined;

/** @param settings of the configuration file; state directory and upstream are the bench's. */
export async function createWorld(settings: string, respond: Respond): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), "sotto-miss-path-"));
  const config = configFrom(`state_dir = "${folder}"\n${settings}\n${SERVER}`);
  let asked = 0;
  const counted: Respond = (query) => {
    asked++;
    return respond(query);
  };
  const resolver = await Resolver.create(config, {
    clock: new SystemClock(),
    random: new SystemRandom(),
    log: new SilentLog(),
    logLinesDropped: () => 0,
    counts: { drops: createDrops(), refused: createRefused() },
    owner: undefined,
    dialer: { dial: (_target, events) => new TableChannel(events, counted) },
  });
  return {
    handler: resolver.handler,
    asked: () => asked,
    forget: () => {
      resolver.store.flush();
    },
    close: async () => {
      await resolver.close(false);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const SERVER = `[[upstream.server]]
name = "table"
addresses = ["192.0.2.1:853"]
auth_name = "table.example"
`;

/** Answers everything of one write in one chunk, in the next turn of the event loop. */
class TableChannel implements Channel {
  readonly #events: ChannelEvents;
  readonly #respond: Respond;
  readonly #reader = new FrameReader();

  constructor(events: ChannelEvents, respond: Respond) {
    this.#events = events;
    this.#respond = respond;
    setImmediate(() => {
      events.opened({ encrypted: true, authenticated: true, resumed: false, protocol: "TLSv1.3" });
    });
  }

  write(octets: Uint8Array, done: () => void): boolean {
    const responses: Buffer[] = [];
    this.#reader.push(Buffer.from(octets), (chunk, start, end) => {
      const response = this.#respond(chunk.subarray(start, end));
      if (response === undefined) return;
      responses.push(Buffer.of(response.length >> 8, response.length & 0xff), response);
    });
    const chunk = Buffer.concat(responses);
    setImmediate(() => {
      done();
      this.#events.received(chunk);
    });
    return true;
  }

  close(): void {}
}
