/** Metrics, health and the status page of the running program. */
import { hostname } from "node:os";
import type { Config } from "../config/config.ts";
import { type Health, type HttpEndpoint, openHttp } from "../observe/http-endpoint.ts";
import type { Metrics } from "../observe/metrics.ts";
import { QueryRate } from "../observe/query-rate.ts";
import type { ResolverFigures } from "../observe/resolver-figures.ts";
import { statusPage } from "../observe/status-page.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";

export interface Observation {
  /** `undefined` where the configuration wants none. */
  readonly endpoint: HttpEndpoint | undefined;
  close(): Promise<void>;
}

export interface ObservationDeps {
  readonly figures: () => ResolverFigures;
  readonly health: () => Health;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
}

/** @throws where the address cannot be bound; the error has Node's `code`. */
export async function openObservation({ metrics }: Config, deps: ObservationDeps): Promise<Observation> {
  const { address } = metrics;
  if (address === undefined) return { endpoint: undefined, close: () => Promise.resolve() };
  const since = deps.clock.now();
  const rate = new QueryRate(deps);
  let loaded: Promise<Metrics> | undefined;
  const endpoint = await openHttp(
    { host: address.ip, port: address.port, hostNames: [hostname()] },
    {
      metrics: () => {
        loaded ??= loadMetrics(deps).catch((error: unknown) => {
          loaded = undefined;
          throw error;
        });
        return loaded;
      },
      health: deps.health,
      statusPage: () =>
        statusPage({
          figures: deps.figures(),
          health: deps.health(),
          rate: rate.samples(),
          version: deps.version,
          upSeconds: (deps.clock.now() - since) / 1_000,
          residentBytes: process.memoryUsage.rss(),
        }),
      log: deps.log,
    },
  );
  return {
    endpoint,
    close: async () => {
      rate.stop();
      await endpoint.close();
    },
  };
}

/** With the first scrape: prom-client is a sixth of the program, and many have nobody who scrapes. */
async function loadMetrics({ figures, version }: ObservationDeps): Promise<Metrics> {
  const { createMetrics } = await import("../observe/metrics.ts");
  return createMetrics({ figures, version, processMetrics: true });
}
