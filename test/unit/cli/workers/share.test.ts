import { describe, expect, it } from "vitest";
import { besideFirst, shareOf } from "../../../../src/cli/workers/share.ts";
import { configFrom } from "../../config/load-text.ts";

const CONFIG = configFrom(`
[listen]
workers = 3
max_tcp_clients = 150
[upstream]
connections = 2
max_in_flight = 4096
[cache]
size = "32MiB"
file = "/var/lib/sotto/cache"
`);

describe("the share of one of several processes", () => {
  it("is a part of cache, pool and clients, rounded down: together they hold what one would", () => {
    const { listen, upstream, cache } = shareOf(CONFIG, 3);

    expect([listen.maxTcpClients, upstream.maxInFlight, cache.size]).toEqual([50, 1_365, 11_184_810]);
  });

  it("is one connection to an upstream address at least", () => {
    expect(shareOf(CONFIG, 3).upstream.connections).toBe(1);
  });

  it("is everything where one process serves", () => {
    expect(shareOf(CONFIG, 1)).toBe(CONFIG);
  });

  it("holds no file and no page beside the first process", () => {
    const { cache, metrics } = besideFirst(CONFIG);

    expect([cache.file, metrics.address]).toEqual([undefined, undefined]);
  });
});
