import { describe, expect, it } from "vitest";
import { loadConfig } from "../../../src/config/load.ts";
import type { Machine } from "../../../src/config/places.ts";
import { configFrom, faultLines, filesOf, loadText, MACHINE } from "./load-text.ts";

describe("the configuration", () => {
  it("of an empty file is the built-in defaults", () => {
    const config = configFrom("");

    expect(config).toMatchObject({
      listen: { rateLimit: 0, tcpIdleTimeout: 10_000, batchIo: "auto", workers: 1, user: undefined },
      upstream: {
        profile: "strict",
        selection: "sharded",
        queryTimeout: 4_000,
        bootstrap: [],
        proxy: undefined,
      },
      privacy: { padding: "block", paddingBlock: 128, ecs: "zero", qnameMinimisation: "auto" },
      dnssec: { mode: "validate", insecureAlgorithms: [5, 7], minRsaBits: 1024, validationTime: undefined },
      cache: { size: 33_554_432, serveStale: 86_400_000, staleAfter: 1_800, file: undefined },
      metrics: { address: { ip: "127.0.0.1", port: 9353 } },
      log: { level: "info", format: "auto", queries: false },
    });
    expect(config.upstream.servers.map(({ name, operator }) => [name, operator])).toEqual([
      ["quad9", "quad9"],
      ["mullvad", "mullvad"],
    ]);
  });

  it("reads every kind of value", () => {
    const config = configFrom(`
      [upstream]
      proxy = "socks5://127.0.0.1:9050"
      [[upstream.server]]
      addresses = ["192.0.2.1:853", "[2001:db8::1]:853"]
      auth_name = "DNS.Example.NET"
      domains = ["Corp.Example"]
      ecs = "none"
      [[upstream.server]]
      host = "dns.example.com"
      [dnssec]
      validation_time = "2026-11-01T12:00:00Z"
      trust_anchors = ["corp.example. IN DS 12345 13 2 ${"ab".repeat(32)}"]
      [local]
      records = ["nas.home.arpa. 60 IN A 192.0.2.10"]
      [metrics]
      address = ""
    `);

    expect(config.upstream.proxy).toEqual({ host: "127.0.0.1", port: 9050 });
    expect(config.upstream.servers).toMatchObject([
      {
        name: "dns.example.net",
        operator: "dns.example.net",
        addresses: [
          { ip: "192.0.2.1", port: 853, family: 4 },
          { ip: "2001:db8::1", port: 853, family: 6 },
        ],
        domains: ["\x04corp\x07example\x00"],
        ecs: "none",
      },
      { name: "dns.example.com", authName: "dns.example.com", host: "dns.example.com", addresses: [] },
    ]);
    expect(config.dnssec.validationTime).toBe(Date.UTC(2026, 10, 1, 12));
    expect(config.dnssec.trustAnchors[0]).toMatchObject({ owner: "\x04corp\x07example\x00", type: 43 });
    expect(config.local.records[0]).toMatchObject({ ttl: 60, type: 1 });
    expect(config.metrics.address).toBeUndefined();
  });

  it("reads the interface of a link-local address", () => {
    const config = configFrom(`
      [[upstream.server]]
      addresses = ["[fe80::1%eth0]:853"]
      auth_name = "dns.example.net"
    `);

    const [server] = config.upstream.servers;
    expect(server?.addresses).toEqual([{ ip: "fe80::1", port: 853, family: 6, scope: "eth0" }]);
  });

  it("takes a date-time of TOML for validation_time as well", () => {
    const config = configFrom("[dnssec]\nvalidation_time = 2026-11-01T12:00:00Z");

    expect(config.dnssec.validationTime).toBe(Date.UTC(2026, 10, 1, 12));
  });

  it("reads paths relative to the directory of its file", () => {
    const files = filesOf({
      "/etc/sotto/sotto.toml": '[local]\nhosts_file = "hosts"',
      "/etc/sotto/hosts": "",
    });

    expect(loadConfig({ path: "/etc/sotto/sotto.toml", machine: MACHINE, files })).toMatchObject({
      config: { local: { hostsFile: "/etc/sotto/hosts" } },
    });
  });
});

describe("the configuration file that is read", () => {
  const all = {
    "/given.toml": "",
    "/variable.toml": "",
    "/work/sotto.toml": "",
    "/etc/sotto/sotto.toml": "",
  };
  const sourceOf = (files: Record<string, string | null>, path?: string, env: Machine["env"] = {}): string =>
    loadConfig({ ...(path !== undefined && { path }), machine: { ...MACHINE, env }, files: filesOf(files) })
      .source;

  it("is the one asked for, before all others", () => {
    expect(sourceOf(all, "/given.toml", { SOTTO_CONFIG: "/variable.toml" })).toBe("/given.toml");
  });

  it("else the one of the environment", () => {
    expect(sourceOf(all, undefined, { SOTTO_CONFIG: "/variable.toml" })).toBe("/variable.toml");
  });

  it("else the one in the working directory", () => {
    expect(sourceOf(all)).toBe("sotto.toml");
  });

  it("else the one of the machine", () => {
    expect(sourceOf({ "/etc/sotto/sotto.toml": "" })).toBe("/etc/sotto/sotto.toml");
  });

  it("else none, which gives the built-in defaults", () => {
    expect(sourceOf({})).toBe("built-in defaults");
  });

  it.each([
    ["", "the name of the file is empty; name a readable file with -c FILE or $SOTTO_CONFIG"],
    ["/missing.toml", "/missing.toml: does not exist; name a readable file with -c FILE or $SOTTO_CONFIG"],
    [
      "/secret.toml",
      "/secret.toml: may not be read (permission denied); name a readable file with -c FILE or $SOTTO_CONFIG",
    ],
  ])("must be there when it was asked for: %s", (path, line) => {
    const files = filesOf({ ...all, "/secret.toml": null });

    expect(faultLines(loadConfig({ path, machine: MACHINE, files }))).toEqual([line]);
  });

  it("is a fault, not skipped, when it may not be read", () => {
    expect(
      faultLines(loadConfig({ machine: MACHINE, files: filesOf({ "/work/sotto.toml": null }) })),
    ).toHaveLength(1);
  });
});

describe("the state directory and the control socket", () => {
  const placesOf = (text: string, machine: Partial<Machine>): string[] => {
    const result = loadText(text, {}, { ...MACHINE, ...machine });
    return "config" in result ? [result.config.stateDir, result.config.control.socket] : [];
  };

  it.each([
    [{}, ["/home/user/.local/state/sotto", "/home/user/.local/state/sotto/control.sock"]],
    [
      { env: { HOME: "/h", XDG_STATE_HOME: "/s", XDG_RUNTIME_DIR: "/run/user/1000" } },
      ["/s/sotto", "/run/user/1000/sotto.sock"],
    ],
    [{ uid: 0, env: {} }, ["/var/lib/sotto", "/run/sotto/control.sock"]],
    [
      { env: { STATE_DIRECTORY: "/var/lib/private/sotto:/x", RUNTIME_DIRECTORY: "/run/sotto" } },
      ["/var/lib/private/sotto", "/run/sotto/control.sock"],
    ],
  ])("come from the environment %j", (machine, places) => {
    expect(placesOf("", machine)).toEqual(places);
  });

  it("are known of a faulty file too", () => {
    expect(loadText('[control]\nsocket = "s"\nsocked = 1')).toMatchObject({
      faults: [{ line: 3 }],
      places: { stateDir: "/home/user/.local/state/sotto", controlSocket: "/work/s" },
    });
    expect(loadText('state_dir = "state"\nsate_dir = 1')).toMatchObject({
      places: { stateDir: "/work/state", controlSocket: "/work/state/control.sock" },
    });
  });

  it("are what the file says, where it says something", () => {
    expect(placesOf('state_dir = "state"\n[control]\nsocket = "/tmp/s"', { uid: 0 })).toEqual([
      "/work/state",
      "/tmp/s",
    ]);
  });
});
