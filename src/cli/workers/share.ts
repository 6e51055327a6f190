/** What of a configuration each of several processes gets: together they hold what one would. */
import type { Config } from "../../config/config.ts";

/** The share of each process, the first included. */
export function shareOf(config: Config, processes: number): Config {
  if (processes === 1) return config;
  const { listen, upstream, cache } = config;
  const part = (whole: number): number => Math.max(1, Math.floor(whole / processes));
  return {
    ...config,
    listen: { ...listen, maxTcpClients: part(listen.maxTcpClients) },
    upstream: {
      ...upstream,
      connections: part(upstream.connections),
      maxInFlight: part(upstream.maxInFlight),
    },
    cache: { ...cache, size: part(cache.size) },
  };
}

/** The same without what only the first process keeps: files, and places where it can be asked. */
export function besideFirst(config: Config): Config {
  return {
    ...config,
    cache: { ...config.cache, file: undefined },
    metrics: { ...config.metrics, address: undefined },
  };
}
