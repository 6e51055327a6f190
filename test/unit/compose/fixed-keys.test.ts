import { describe, expect, it } from "vitest";
import { changesThatNeedRestart } from "../../../src/compose/fixed-keys.ts";
import type { Config } from "../../../src/config/config.ts";
import { loadText } from "../config/load-text.ts";

function configOf(text: string): Config {
  const loaded = loadText(text);
  if ("faults" in loaded) throw new Error("the configuration is faulty");
  return loaded.config;
}

describe("a changed configuration", () => {
  it("needs a restart for sockets, rights and the form of the log, and says so key by key", () => {
    const before = configOf("");
    const after = configOf(`
[listen]
addresses = ["127.0.0.1:5335"]
tcp_idle_timeout = "20s"
rate_limit = 10
[metrics]
address = ""
[log]
queries = true
level = "debug"
`);

    expect(changesThatNeedRestart(before, after)).toEqual([
      "listen.addresses",
      "listen.tcp_idle_timeout",
      "metrics.address",
      "log.queries",
    ]);
  });

  it("needs none where nothing of that kind differs", () => {
    expect(changesThatNeedRestart(configOf(""), configOf('[cache]\nsize = "64MiB"'))).toEqual([]);
  });
});
