/** The cache as the program has it, from packet to packet, over an upstream that is a function. */
import { Failures } from "../../src/cache/failures.ts";
import { Store } from "../../src/cache/store.ts";
import { ServingFigures, createServing } from "../../src/compose/serving.ts";
import { SystemClock, SystemRandom } from "../../src/compose/system.ts";
import { loadConfig } from "../../src/config/load.ts";
import { namedFiles } from "../../src/config/named-files.ts";
import type { Client } from "../../src/ports/packet-handler.ts";
import { questionOfKey } from "../../src/wire/names.ts";
import { SilentLog } from "../../test/support/silent-log.ts";
import { responseTo } from "./answers.ts";

export interface BenchCache {
  readonly store: Store;
  /** Asks once; whether the cache had it. */
  ask(key: string): boolean;
  close(): void;
}

const out = Buffer.alloc(65_535);
const packet = Buffer.alloc(512);

/** @param size octets. @param numberOf which name a key is. */
export function startCache(size: number, numberOf: (key: string) => number): BenchCache {
  const clock = new SystemClock();
  const store = new Store({ size }, new SystemRandom());
  const serving = createServing({
    config: defaults(),
    resolved: {
      exchange: ({ key }) => Promise.resolve(responseTo(questionOfKey(key), numberOf(key))),
    },
    local: { generation: 0, answer: () => undefined, isAnswered: () => false },
    store,
    failures: new Failures(clock, () => 0),
    upstreams: { canReach: () => true },
    mayPrefetch: () => true,
    synthesis: undefined,
    figures: new ServingFigures(),
    clock,
    random: new SystemRandom(),
    log: new SilentLog(),
  });
  const client: Client = {
    transport: "udp",
    get receivedAt() {
      return clock.now();
    },
    clientAddress: "127.0.0.1",
    detach: () => () => undefined,
  };
  packet.writeUInt16BE(0x0100, 2);
  packet.writeUInt16BE(1, 4);
  return {
    store,
    ask(key) {
      packet.latin1Write(key, 12);
      return serving.server.handle(packet, 0, 12 + key.length, out, 0, client) > 0;
    },
    close: () => {
      serving.misses.close();
    },
  };
}

function defaults() {
  const machine = { env: {}, uid: 1000, platform: "linux" as const, cwd: "/" };
  const loaded = loadConfig({ machine, files: namedFiles });
  if ("faults" in loaded) throw new Error("the defaults are at fault");
  const { config } = loaded;
  return { ...config, cache: { ...config.cache, maxNegativeTtl: config.cache.maxTtl } };
}
