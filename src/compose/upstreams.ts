/** Interim seam until the transport lands. */
import { readFileSync } from "node:fs";
import { connect, type TLSSocket } from "node:tls";
import type { Config } from "../config/config.ts";
import { Histogram, UPSTREAM_BOUNDS } from "../observe/histogram.ts";
import type { UpstreamFigures } from "../observe/resolver-figures.ts";
import type { Clock } from "../ports/clock.ts";
import type { Exchange, Query, Response } from "../ports/exchange.ts";
import { ResolutionError } from "../ports/fault.ts";
import type { Log } from "../ports/log.ts";
import type { Question } from "../ports/message.ts";
import type { DoctorFinding } from "../ports/operator.ts";
import type { Random } from "../ports/random.ts";
import { outgoingQuery } from "../privacy/outgoing-query.ts";
import type { Sharding } from "../privacy/sharding.ts";

import { FrameReader } from "../wire/framing.ts";
import { isFault, readMessage } from "../wire/read-message.ts";

export interface UpstreamPart {
  readonly raw: Exchange;
  figures(): readonly UpstreamFigures[];
  /** Connections opened so far. */
  connectionsOpened(): number;
  /** Whether the server that this question goes to minimises by itself. */
  minimises(question: Question): boolean;
  /** Whether a query could be sent now, as far as is known. */
  isReachable(): boolean;
  /** The machine slept, or its network changed. */
  networkChanged(): void;
  clearTextQueries(): number;
  shardFailovers(): number;
  probe(): Promise<readonly DoctorFinding[]>;
  close(): Promise<void>;
}

export interface UpstreamPartDeps {
  readonly config: Config;
  readonly sharding: () => Sharding;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** One connection to the first address of each server, in turn: enough to build the rest on. */
export function createUpstreamPart({ config, random, clock, log }: UpstreamPartDeps): UpstreamPart {
  const encode = outgoingQuery(
    { padding: config.privacy.padding, paddingBlock: config.privacy.paddingBlock, ecs: config.privacy.ecs },
    random,
  );
  const [server] = config.upstream.servers;
  // BOUNDED: by the flights aloft.
  const waiting = new Map<
    number,
    { query: Query; resolve: (response: Response) => void; reject: (error: unknown) => void }
  >();
  const sendWhenOpen: Buffer[] = [];
  let socket: TLSSocket | undefined;
  let isOpen = false;
  let opened = 0;
  let queries = 0;
  const drop = (): void => {
    socket = undefined;
    isOpen = false;
    for (const { reject } of waiting.values())
      reject(new ResolutionError("upstream-unreachable", "connection lost"));
    waiting.clear();
    sendWhenOpen.length = 0;
  };
  const open = (): void => {
    const address = server?.addresses[0];
    const frames = new FrameReader();
    const made = connect({
      host: address?.ip ?? "127.0.0.1",
      port: address?.port ?? 853,
      servername: server?.authName ?? "",
      ALPNProtocols: ["dot"],
      minVersion: "TLSv1.2",
      ...(server?.caFile === undefined ? {} : { ca: readFileSync(server.caFile) }),
    });
    socket = made;
    made.setNoDelay(true);
    made.on("secureConnect", () => {
      isOpen = true;
      opened++;
      for (const octets of sendWhenOpen.splice(0)) made.write(octets);
    });
    made.on("data", (chunk) => {
      frames.push(chunk, (octets, start, end) => {
        const message = readMessage(octets, start, end);
        if (isFault(message)) return;
        const found = waiting.get(message.id);
        waiting.delete(message.id);
        const { rcode, answer, authority } = message;
        const name = server?.name ?? "";
        found?.resolve({ rcode, answer, authority, verdict: "indeterminate", errors: [], upstream: name });
      });
    });
    made.on("error", (error) => {
      log.warn({ upstream: server?.name, error: error.message }, "connection failed");
    });
    made.on("close", drop);
  };
  return {
    raw: {
      exchange: (query, budget) =>
        new Promise((resolve, reject) => {
          let id = random.u16();
          while (waiting.has(id)) id = random.u16();
          queries++;
          waiting.set(id, { query, resolve, reject });
          const message = encode(query.question, id);
          const framed = Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message]);
          if (socket === undefined) open();
          if (isOpen) socket?.write(framed);
          else sendWhenOpen.push(framed);
          clock.after(Math.max(0, budget.deadline - clock.now()), () => {
            if (waiting.delete(id)) reject(new ResolutionError("deadline-exceeded", "no response in time"));
          });
        }),
    },
    figures: () => [
      {
        label: server?.name ?? "",
        operator: server?.operator ?? "",
        queries,
        failures: {},
        connections: { open: isOpen ? 1 : 0 },
        handshakes: { full: opened, resumed: 0 },
        durations: new Histogram(UPSTREAM_BOUNDS).figures(),
      },
    ],
    connectionsOpened: () => opened,
    minimises: () => server?.minimises ?? true,
    isReachable: () => true,
    networkChanged: () => socket?.destroy(),
    clearTextQueries: () => 0,
    shardFailovers: () => 0,
    probe: () => Promise.resolve([]),
    close: () => {
      socket?.destroy();
      return Promise.resolve();
    },
  };
}
