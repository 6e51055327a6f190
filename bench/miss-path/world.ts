/**
 * The resolver's parts as `src/compose/` puts them together, between a client that is a counter and an upstream
 * that is a table: no socket, no TLS, no kernel. What is left is what a miss costs in this process.
 */
import { Failures } from "../../src/cache/failures.ts";
import { Store } from "../../src/cache/store.ts";
import { SystemClock, SystemRandom } from "../../src/compose/system.ts";
import { createServing, ServingFigures } from "../../src/compose/serving.ts";
import { createValidationPart } from "../../src/compose/validation-part.ts";
import type { Config } from "../../src/config/config.ts";
import { rewritten } from "../../src/local/rewritten.ts";
import type { Channel, ChannelEvents, Dialer } from "../../src/ports/dialer.ts";
import type { PacketHandler } from "../../src/ports/packet-handler.ts";
import { outgoingQuery } from "../../src/privacy/outgoing-query.ts";
import { Flights } from "../../src/resolve/coalesced.ts";
import { Synthesis } from "../../src/resolve/synthesis.ts";
import type { UpstreamOptions } from "../../src/upstream/options.ts";
import { Upstreams } from "../../src/upstream/upstreams.ts";
import { FrameReader } from "../../src/wire/framing.ts";
import { SilentLog } from "../../test/support/silent-log.ts";

export interface World {
  readonly server: PacketHandler;
  /** Queries that left. */
  readonly asked: () => number;
  forget(): void;
  close(): void;
}

/** @param respond gives the response to a query, in a buffer of its own. */
export function createWorld(config: Config, respond: (query: Buffer) => Buffer | undefined): World {
  const clock = new SystemClock();
  const random = new SystemRandom();
  const log = new SilentLog();
  let asked = 0;
  const dialer: Dialer<unknown> = {
    dial: (_target, events) =>
      new TableChannel(events, (query) => {
        asked++;
        return respond(query);
      }),
  };
  const { padding, paddingBlock, ecs } = config.privacy;
  const encode = outgoingQuery({ padding, paddingBlock, ecs }, random);
  const upstreams = new Upstreams(upstreamOptions(config), {
    clock,
    random,
    log,
    dialer,
    encode: (question) => encode(question, 0),
    ranked: (_question, operators) => operators,
    defer: setImmediate,
    networkFingerprint: () => "",
    forgetSessions: () => {},
    durations: () => ({ observe: () => {} }),
  });
  const raw = new Flights(upstreams, clock, { maxFlights: config.upstream.maxInFlight });
  const validation = createValidationPart(config, { raw, clock, log, minimises: () => true });
  const figures = new ServingFigures();
  const store = new Store({ size: config.cache.size }, clock);
  const failures = new Failures(clock, () => 0);
  const isJudged = config.dnssec.mode === "validate";
  const synthesis = isJudged
    ? new Synthesis({ maxRecords: 100_000, maxTtl: 900, isExempt: () => false }, clock)
    : undefined;
  const rules = {
    alias: () => undefined,
    isBlocked: () => false,
    mayBePrivate: () => false,
    blockedAnswer: () => {
      throw new Error("nothing is blocked here");
    },
  };
  const { server, misses } = createServing({
    config,
    resolved: rewritten(validation.exchange, rules, { clock, counters: figures.rewriting }),
    local: { generation: 0, answer: () => undefined },
    store,
    failures,
    synthesis,
    figures,
    clock,
    random,
    log,
  });
  return {
    server,
    asked: () => asked,
    forget: () => {
      store.flush();
      synthesis?.clear();
    },
    close: () => {
      misses.close();
      validation.close();
      upstreams.close();
    },
  };
}

function upstreamOptions({ upstream }: Config): UpstreamOptions {
  const { profile, selection, shardFailover, connections, idleTimeout, connectTimeout, maxInFlight } =
    upstream;
  return {
    ...{ profile, selection, shardFailover, connections, idleTimeout, connectTimeout, maxInFlight },
    bootstrap: [],
    servers: [
      {
        name: "table",
        operator: "table",
        addresses: [{ address: "192.0.2.1", port: 853 }],
        authName: "table.example",
        pins: [],
        pinPolicy: "name_and_pin",
        dane: false,
        domains: [],
        transport: "tls",
        minimises: true,
      },
    ],
  };
}

/** Answers everything of one write in one chunk, in the next turn of the event loop. */
class TableChannel implements Channel {
  readonly #events: ChannelEvents;
  readonly #respond: (query: Buffer) => Buffer | undefined;
  readonly #reader = new FrameReader();

  constructor(events: ChannelEvents, respond: (query: Buffer) => Buffer | undefined) {
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
