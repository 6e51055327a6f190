/** Every configuration key with its default: what users' files rely on. A change here is a change of the interface. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const DEFAULTS: Readonly<Record<string, unknown>> = {
  state_dir: "",
  "listen.addresses": ["127.0.0.1:53", "[::1]:53"],
  "listen.allow": ["127.0.0.0/8", "::1/128"],
  "listen.rate_limit": 0,
  "listen.max_tcp_clients": 150,
  "listen.tcp_idle_timeout": "10s",
  "listen.batch_io": "auto",
  "listen.workers": 1,
  "listen.user": "",
  "upstream.profile": "strict",
  "upstream.selection": "sharded",
  "upstream.shard_failover": "down",
  "upstream.connections": 2,
  "upstream.idle_timeout": "8s",
  "upstream.connect_timeout": "3s",
  "upstream.query_timeout": "4s",
  "upstream.max_in_flight": 4096,
  "upstream.bootstrap": [],
  "upstream.proxy": "",
  "upstream.server[].name": "",
  "upstream.server[].operator": "",
  "upstream.server[].addresses": [],
  "upstream.server[].host": "",
  "upstream.server[].auth_name": "",
  "upstream.server[].pins": [],
  "upstream.server[].pin_policy": "name_and_pin",
  "upstream.server[].dane": false,
  "upstream.server[].ca_file": "",
  "upstream.server[].discover": "",
  "upstream.server[].domains": [],
  "upstream.server[].transport": "tls",
  "upstream.server[].minimises": true,
  "upstream.server[].ecs": "",
  "privacy.padding": "block",
  "privacy.padding_block": 128,
  "privacy.ecs": "zero",
  "privacy.qname_minimisation": "auto",
  "privacy.rebinding_protection": true,
  "privacy.rebinding_allow": [],
  "privacy.cover_traffic": "off",
  "dnssec.mode": "validate",
  "dnssec.trust_anchors": [],
  "dnssec.trust_anchor_file": "",
  "dnssec.negative_trust_anchors": [],
  "dnssec.insecure_algorithms": ["RSASHA1", "RSASHA1-NSEC3-SHA1"],
  "dnssec.min_rsa_bits": 1024,
  "dnssec.nsec3_max_iterations": 50,
  "dnssec.aggressive_nsec": true,
  "dnssec.validation_time": "",
  "cache.size": "32MiB",
  "cache.min_ttl": "0s",
  "cache.max_ttl": "1d",
  "cache.max_negative_ttl": "15m",
  "cache.serve_stale": "1d",
  "cache.stale_after": "1800ms",
  "cache.prefetch": true,
  "cache.prefetch_share": 50,
  "cache.file": "",
  "local.special_names": true,
  "local.hosts_file": "",
  "local.records": [],
  "local.block_lists": [],
  "local.block_answer": "nxdomain",
  "clock.ntp_names": [
    "pool.ntp.org",
    "time.google.com",
    "time.cloudflare.com",
    "ntp.ubuntu.com",
    "time.windows.com",
    "time.apple.com",
  ],
  "portal.enabled": false,
  "metrics.address": "127.0.0.1:9353",
  "control.socket": "",
  "log.level": "info",
  "log.format": "auto",
  "log.queries": false,
};

/** Words that a key may be set to; the other keys take numbers, text of a form, or lists. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  "listen.batch_io": ["auto", "on", "off"],
  "upstream.profile": ["strict", "opportunistic"],
  "upstream.selection": ["sharded", "fastest", "round_robin", "failover"],
  "upstream.shard_failover": ["down", "servfail", "never"],
  "upstream.server[].pin_policy": ["name_and_pin", "name_or_pin", "pin_only"],
  "upstream.server[].transport": ["tls", "plain"],
  "upstream.server[].ecs": ["", "zero", "none"],
  "privacy.padding": ["block", "random_block", "maximal", "off"],
  "privacy.ecs": ["zero", "none"],
  "privacy.qname_minimisation": ["off", "auto", "strict"],
  "privacy.cover_traffic": ["off", "low", "high"],
  "dnssec.mode": ["validate", "off"],
  "local.block_answer": ["nxdomain", "null_ip", "refused"],
  "log.level": ["trace", "debug", "info", "warn", "error", "fatal", "silent"],
  "log.format": ["auto", "json", "pretty"],
};

interface Schema {
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** The keys of a schema, tables and lists of tables opened up. */
function keysOf({ properties = {} }: Schema, prefix = ""): (readonly [string, Schema])[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = `${prefix}${name}`;
    if (schema.properties !== undefined) return keysOf(schema, `${path}.`);
    if (schema.items?.properties !== undefined) return keysOf(schema.items, `${path}[].`);
    return [[path, schema] as const];
  });
}

describe("the configuration", () => {
  const keys = keysOf(JSON.parse(readFileSync("conf/sotto.schema.json", "utf8")) as Schema);

  it("has these keys with these defaults, and no other", () => {
    expect(Object.fromEntries(keys.map(([key, schema]) => [key, schema.default]))).toEqual(DEFAULTS);
  });

  it("takes these words where it takes words", () => {
    const choices = keys.filter(([, schema]) => schema.enum !== undefined);

    expect(Object.fromEntries(choices.map(([key, schema]) => [key, schema.enum]))).toEqual(CHOICES);
  });
});
