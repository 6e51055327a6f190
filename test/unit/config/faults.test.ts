import { describe, expect, it } from "vitest";
import { createPki } from "../../lab/pki.ts";
import { faultLines, loadText, MACHINE, warningLines } from "./load-text.ts";

const SERVER = '[[upstream.server]]\nname = "s"\n';
const ADDRESS = 'addresses = ["192.0.2.1:853"]\n';
const PLAIN_ADDRESS = 'addresses = ["192.0.2.1:53"]\n';
const NAMED = `${SERVER}${ADDRESS}auth_name = "dns.example.net"\n`;
/** Of the same address. */
const OTHER = `[[upstream.server]]\nname = "other"\n${ADDRESS}auth_name = "dns.example.org"\n`;
const PINS = [1, 2].map((seed) => `"sha256/${Buffer.alloc(32, seed).toString("base64")}"`);
const DS = `${"ab".repeat(32)}`;

/** Text of the file, and the one line expected of it, from the key on. */
const FAULTS: readonly (readonly [text: string, fault: string])[] = [
  ["adresses = 1", "1: adresses: unknown key; the file may hold state_dir, listen, upstream, "],
  ["[listen]\nadresses = []", '2: listen.adresses: unknown key; did you mean "addresses"?'],
  [
    "[listen]\ntcp-idle-timeout = '1s'",
    '2: listen.tcp-idle-timeout: unknown key; did you mean "tcp_idle_timeout"?',
  ],
  ["[listen]\npadding = 'off'", "2: listen.padding: unknown key; it belongs in [privacy]"],
  [
    "[log]\nstate_dir = '/x'",
    "2: log.state_dir: unknown key; it belongs at the top of the file, before any [section]",
  ],
  ["[upstream]\nauth_name = 'x'", "2: upstream.auth_name: unknown key; it belongs in [[upstream.server]]"],
  ["[servers]\nx = 1", "1: servers: unknown key; the file may hold "],
  ["listen = 3", "1: listen: 3 (a number) is of the wrong type; must be a table, written [listen]"],
  [
    "[upstream]\nserver = {}",
    "2: upstream.server: a table is of the wrong type; must be written [[upstream.server]]",
  ],
  [
    "[listen]\nrate_limit = '5'",
    '2: listen.rate_limit: "5" is in quotes; must be a whole number from 0 to 1000000',
  ],
  [
    "[listen]\nrate_limit = -1",
    "2: listen.rate_limit: -1 (a number) is out of range; must be a whole number from 0",
  ],
  [
    "[listen]\naddresses = ['[::ffff:127.0.0.1]:53']",
    '2: listen.addresses[1]: "[::ffff:127.0.0.1]:53" is an IPv4 address in the form of an IPv6 one: write "127.0.0.1:53"',
  ],
  [
    "[listen]\nworkers = 1.5",
    "2: listen.workers: 1.5 (a number) is not whole; must be a whole number from 1 to 64",
  ],
  [
    "[listen]\nallow = '::1'",
    '2: listen.allow: "::1" is not a list; must be a list, each item a block of addresses',
  ],
  [
    "[listen]\nallow = ['all']",
    '2: listen.allow[1]: "all" is not an address block; must be a block of addresses',
  ],
  [
    "[listen]\nbatch_io = 'no'",
    '2: listen.batch_io: "no" is not known; must be one of "auto", "on", "off"; did you',
  ],
  [
    "[cache]\nprefetch = 'yes'",
    '2: cache.prefetch: "yes" is of the wrong type; must be true or false, without quotes',
  ],
  ["[cache]\nsize = 32", '2: cache.size: 32 (a number) is of the wrong type; must be a size such as "32MiB"'],
  [
    "[cache]\nsize = '32'",
    '2: cache.size: "32" has no unit; must be a size such as "32MiB", from 1MiB to 64GiB',
  ],
  ["[cache]\nmax_ttl = '9w'", '2: cache.max_ttl: "9w" is too large; must be a duration such as'],
  [
    "[upstream]\nquery_timeout = 4",
    "2: upstream.query_timeout: 4 (a number) is of the wrong type; must be a duration",
  ],
  [
    "[upstream]\nquery_timeout = 'soon'",
    '2: upstream.query_timeout: "soon" is not a duration; must be a duration',
  ],
  [
    "[upstream]\nproxy = 'socks5://user:p@ss@tor.example:9050'",
    '2: upstream.proxy: "socks5://...@tor.example:9050" names its host',
  ],
  ["[upstream]\nproxy = 'user:p@ss@127.0.0.1:9050'", '2: upstream.proxy: "...@127.0.0.1:9050" is not a'],
  ["[upstream]\nproxy = 'socks5:/user:pass@127.0.0.1:9050'", '2: upstream.proxy: "...@127.0.0.1:9050" '],
  ["[upstream]\nbootstrap = ['2001:db8::1@53']", '2: upstream.bootstrap[1]: "2001:db8::1@53" has "@"'],
  ["[upstream]\nproxy = '127.0.0.1:9050'", '2: upstream.proxy: "127.0.0.1:9050" is not a'],
  [
    "[dnssec]\nvalidation_time = '2026'",
    '2: dnssec.validation_time: "2026" is not a time with a zone; must be',
  ],
  [
    "[dnssec]\nvalidation_time = '2026-02-31T00:00:00Z'",
    '2: dnssec.validation_time: "2026-02-31T00:00:00Z" is a day that its month does not have; must be',
  ],
  ["[dnssec]\nvalidation_time = 'Tue 01 Jan 2026T00:00:00Z'", "2: dnssec.validation_time: "],
  ['state_dir = "a\\u0000b"', '1: state_dir: "a\\u0000b" holds a NUL, as no path does; must be'],
  [
    "[dnssec]\ninsecure_algorithms = ['RSA']",
    '2: dnssec.insecure_algorithms[1]: "RSA" is not known; must be one of',
  ],
  ["[dnssec]\ntrust_anchors = ['. IN DS 1 8 2 AB']", "2: dnssec.trust_anchors[1]: "],
  [`[dnssec]\ntrust_anchors = ['. DS 1 8 9 ${DS}']`, "2: dnssec.trust_anchors[1]: "],
  [
    "[dnssec]\ntrust_anchors = ['. A 192.0.2.1']",
    '2: dnssec.trust_anchors[1]: ". A 192.0.2.1" is a record of another',
  ],
  [
    "[dnssec]\ntrust_anchor_file = 'missing.key'",
    '2: dnssec.trust_anchor_file: "/work/missing.key" does not exist; it must be',
  ],
  [
    "[dnssec]\nnegative_trust_anchors = ['.']",
    "2: dnssec.negative_trust_anchors: holds the root, so nothing is left to validate by; remove it",
  ],
  ["[dnssec]\ntrust_anchors = ['. DNSKEY 385 3 8 AwEAAQ==']", "2: dnssec.trust_anchors[1]: "],
  [
    "[dnssec]\nnegative_trust_anchors = ['a..b']",
    '2: dnssec.negative_trust_anchors[1]: "a..b" is not a domain name',
  ],
  ["[local]\nrecords = ['nas A']", '2: local.records[1]: "nas A" is not a record: '],
  [
    "[local]\nrecords = ['nas. CH TXT x']",
    '2: local.records[1]: "nas. CH TXT x" is of another class than IN; must be',
  ],
  ["[local]\nrecords = ['nas. ANY \\# 0']", "2: local.records[1]: "],
  [
    "[local]\nhosts_file = 'none'",
    '2: local.hosts_file: "/work/none" does not exist; it must be a file that',
  ],
  ["[local]\nblock_lists = ['good', 'secret']", '2: local.block_lists[2]: "/work/secret" may not be read'],
  [
    "[cache]\nmin_ttl = '2h'\nmax_ttl = '1h'",
    "3: cache.max_ttl: is below cache.min_ttl (2h); it must be at least that",
  ],
  [
    "[listen]\naddresses = ['127.0.0.1:5', '127.0.0.1:5']",
    '2: listen.addresses: "127.0.0.1:5" is in the list twice;',
  ],
  [
    "[listen]\nworkers = 2\naddresses = ['127.0.0.1:0']",
    "2: listen.workers: share one port, so listen.addresses",
  ],
  [
    `[upstream]\nproxy = "socks5://127.0.0.1:9050"\n${SERVER}addresses = ["[fe80::1%eth0]:853"]\nauth_name = "dns.example.net"\n`,
    '5: upstream.server[s].addresses: has "[fe80::1%eth0]:853", of a link of this machine',
  ],
  [
    "[metrics]\naddress = '127.0.0.1:53'",
    "2: metrics.address: is also in listen.addresses; choose another port",
  ],
  [
    `${SERVER}${ADDRESS}`,
    "1: upstream.server[s].auth_name: is missing; the strict profile needs the name that",
  ],
  [
    `${SERVER}auth_name = "a.example"`,
    "1: upstream.server[s].addresses: is missing; set exactly one of addresses, ",
  ],
  [
    `${NAMED}discover = "192.0.2.2:53"`,
    "5: upstream.server[s].discover: addresses and discover are set; exactly one",
  ],
  [`${SERVER}host = "dns.example.net"`, "3: upstream.server[s].host: needs upstream.bootstrap"],
  [`${SERVER}addresses = ["192.0.2.1"]\nauth_name = "a.example"`, "3: upstream.server[s].addresses[1]: "],
  [
    `${SERVER}addresses = ["192.0.2.1:53"]\nauth_name = "a.b"`,
    "3: upstream.server[s].addresses: has port 53, which",
  ],
  [
    `${SERVER}${ADDRESS}transport = "plain"\ndomains = ["a.b"]`,
    "3: upstream.server[s].addresses: has port 853, which RFC 7858 forbids for clear text; plain DNS uses port 53",
  ],
  [
    `${NAMED}domains = ["*.corp.example"]`,
    '5: upstream.server[s].domains[1]: "*.corp.example" has a wildcard: write "corp.example" for all names below it',
  ],
  [
    `[upstream]\nbootstrap = ["192.0.2.1:853"]\n${SERVER}host = "dns.example.net"`,
    "2: upstream.bootstrap: has port 853, which RFC 7858 forbids for clear text",
  ],
  [
    `${SERVER}discover = "192.0.2.1:853"`,
    "3: upstream.server[s].discover: has port 853, which RFC 7858 forbids for clear text",
  ],
  [
    "[listen]\naddresses = ['127.0.0.1:853']",
    "2: listen.addresses: has port 853, which RFC 7858 forbids for clear text",
  ],
  [
    `[control]\nsocket = "${"x".repeat(104)}"`,
    `2: control.socket: "/work/${"x".repeat(104)}" is longer than the 103 octets of a socket's path`,
  ],
  [
    `${SERVER}addresses = ["192.0.2.1"]\ntransport = "plain"\ndomains = ["a.b"]`,
    '3: upstream.server[s].addresses[1]: "192.0.2.1" has no port: write "192.0.2.1:53"; must be',
  ],
  [
    `${SERVER}${ADDRESS}auth_name = "192.0.2.1"`,
    '4: upstream.server[s].auth_name: "192.0.2.1" is an address, not a',
  ],
  [
    `${NAMED}${NAMED}`,
    '6: upstream.server[s].name: "s" would be the name of two servers; give each a name of its own',
  ],
  [
    `${NAMED}pin_policy = "pin_only"`,
    "5: upstream.server[s].pin_policy: is set without pins; add pins, or remove it",
  ],
  [
    `${SERVER}${ADDRESS}pins = [${PINS.join()}]`,
    '1: upstream.server[s].auth_name: is missing, and pin_policy = "name',
  ],
  [
    `${SERVER}addresses = ["[2001:db8::1]:853", "[2001:db8::0:1]:853"]\nauth_name = "dns.example.net"`,
    '3: upstream.server[s].addresses: "[2001:db8::1]:853" is in the list twice; each address may appear once',
  ],
  [
    `${NAMED}pins = [${PINS[0]}, ${PINS[0]}]`,
    "5: upstream.server[s].pins: holds a pin twice; each pin may appear once",
  ],
  [
    `${NAMED}pins = ["sha256/AAAA"]`,
    '5: upstream.server[s].pins[1]: "sha256/AAAA" is not 32 octets in base64; must be',
  ],
  [
    `${SERVER}discover = "192.0.2.53:53"\ndane = true\n${OTHER}`,
    "4: upstream.server[s].dane: needs auth_name, whose TLSA record is looked up",
  ],
  [
    `[dnssec]\nmode = "off"\n${NAMED}dane = true`,
    '7: upstream.server[s].dane: needs dnssec.mode = "validate"',
  ],
  [
    `${NAMED}ca_file = "missing.pem"`,
    '5: upstream.server[s].ca_file: "/work/missing.pem" does not exist; it must be',
  ],
  [
    `${NAMED}ca_file = "good"`,
    '5: upstream.server[s].ca_file: "/work/good" holds no certificate; it must be a PEM',
  ],
  [
    `${NAMED}ca_file = "damaged.pem"`,
    '5: upstream.server[s].ca_file: "/work/damaged.pem" begins with a certificate that cannot be read, so none in it is trusted; copy',
  ],
  [
    `${NAMED}ca_file = "cut.pem"`,
    '5: upstream.server[s].ca_file: "/work/cut.pem" begins with a certificate that cannot be read, so none in it is trusted; copy',
  ],
  [
    `${NAMED}domains = ["."]`,
    "5: upstream.server[s].domains: holds the root, which is every name; leave domains",
  ],
  [
    `${SERVER}${PLAIN_ADDRESS}transport = "plain"`,
    "4: upstream.server[s].transport: sends every name in clear text; give",
  ],
  [
    `${SERVER}${PLAIN_ADDRESS}auth_name = "dns.example.net"\ntransport = "plain"\ndomains = ["corp.example"]`,
    '4: upstream.server[s].auth_name: cannot hold for clear text; remove it, or set transport = "tls"',
  ],
  [
    `${SERVER}addresses = ["127.0.0.1:53"]\ntransport = "plain"\ndomains = ["a.b"]`,
    "3: upstream.server[s].addresses: ",
  ],
  [
    `[upstream]\nproxy = "socks5://127.0.0.1:9050"\n${SERVER}discover = "192.0.2.2:53"`,
    "5: upstream.server[s].discover: asks a plain resolver directly, and upstream.proxy lets nothing go around it",
  ],
  [
    "[upstream]\nbootstrap = ['127.0.0.1:53']",
    "2: upstream.bootstrap: is an address that Sotto itself listens on",
  ],
  [
    `[listen]\naddresses = ["[0:0::1]:5335"]\n${SERVER}addresses = ["[::1]:5335"]\nauth_name = "a.example"`,
    "5: upstream.server[s].addresses: is an address that Sotto itself listens on; it would ask itself for ever",
  ],
  [
    `[listen]\naddresses = ["0.0.0.0:53"]\nallow = ["192.0.2.0/24"]\n${SERVER}discover = "127.0.0.1:53"`,
    "6: upstream.server[s].discover: is an address that Sotto itself listens on",
  ],
  ['"a\\u001bb\\u009b" = 1', "1: a\\u001bb?: unknown key; the file may hold "],
  [
    "[dnssec]\nvalidation_time = 2026-02-28",
    '2: dnssec.validation_time: "2026-02-28" is not a time with a zone',
  ],
  ["[dnssec]\nvalidation_time = 10:00:00", '2: dnssec.validation_time: "10:00:00" is not a time with a zone'],
  ["[dnssec]\nvalidation_time = 2026-02-30T00:00:00Z", "2: is not valid TOML; "],
  ["[log]\nlevel = info", '2: level: is not valid TOML; text must be in quotes: level = "info"'],
];

const WARNINGS: readonly (readonly [text: string, warning: string])[] = [
  [
    `${NAMED}dane = true\n${OTHER}dane = true`,
    "5: upstream.server[s].dane: has nobody to ask for the TLSA record, so nobody can prove to be this server",
  ],
  [
    `${NAMED}pins = [${PINS[0]}]`,
    "5: upstream.server[s].pins: is a single pin: when the server's key changes",
  ],
  [
    `${NAMED}domains = ["corp.example"]\n${NAMED.replace('"s"', '"t"')}`,
    "5: upstream.server[s].domains: has no trust anchor of its own",
  ],
  [
    `${NAMED}domains = ["eng.corp.example"]\n${NAMED.replace('"s"', '"t"')}[dnssec]\ntrust_anchors = ["corp.example. DS 1 13 2 ${DS}"]`,
    "5: upstream.server[s].domains: has no trust anchor of its own",
  ],
  [
    `${NAMED}domains = ["corp.example"]`,
    "1: upstream.server: every server has domains, so all other names get SERVFAIL",
  ],
  ["[listen]\naddresses = ['192.0.2.9:53']", "1: listen.allow: admits this machine only, but"],
  [
    "[portal]\nenabled = true\n[upstream]\nproxy = 'socks5://127.0.0.1:9050'",
    "2: portal.enabled: has no effect with upstream.proxy, around which nothing goes",
  ],
  [
    "[listen]\naddresses = ['0.0.0.0:53']\nallow = ['0.0.0.0/0']",
    "3: listen.allow: admits everybody: an open resolver",
  ],
  [
    `${NAMED}${OTHER}`,
    '7: upstream.server[other].addresses: "192.0.2.1:853" is also an address of "s", of another operator in name',
  ],
  [
    "[listen]\nallow = []",
    "2: listen.allow: is empty: every client gets REFUSED; name the networks of your clients",
  ],
  [
    "[local]\nrecords = [\n'a.b. CNAME c.d.',\n'A.b. 60 A 192.0.2.1',\n]",
    '2: local.records: has a CNAME and other data at "a.b.", of which only the CNAME is served',
  ],
  [
    "[local]\nrecords = ['a.b. 60 A 192.0.2.1', 'a.b. CNAME c.d.', 'a.b. 60 AAAA 2001:db8::1']",
    '2: local.records: has a CNAME and other data at "a.b.", of which the CNAME is not served',
  ],
  [
    "[local]\nrecords = ['a.b. CNAME c.d.', 'a.b. CNAME e.f.']",
    "2: local.records: has a CNAME and other data",
  ],
  ["[listen]\nuser = 'sotty'", '2: listen.user: "sotty" is no user of this machine (/etc/passwd)'],
  [
    "[listen]\naddresses = []",
    "2: listen.addresses: is empty: only sockets handed over by systemd are served",
  ],
  [
    "[upstream]\nconnect_timeout = '9s'",
    "2: upstream.connect_timeout: is longer than upstream.query_timeout (4s)",
  ],
  [
    "[upstream]\nselection = 'fastest'\nshard_failover = 'never'",
    "3: upstream.shard_failover: has no effect with",
  ],
  [
    "[upstream]\nbootstrap = ['192.0.2.1:53']",
    "2: upstream.bootstrap: is not used: no server has a host to look up",
  ],
  ["[cache]\nstale_after = '5s'", "2: cache.stale_after: is not below upstream.query_timeout (4s)"],
  ["[cache]\nmin_ttl = '1h'", "1: cache.max_negative_ttl: is below cache.min_ttl (1h)"],
  [
    "[dnssec]\nmode = 'off'\nnegative_trust_anchors = ['a.example']",
    "3: dnssec.negative_trust_anchors: has no effect",
  ],
  [
    "[dnssec]\nvalidation_time = '2026-11-01T00:00:00Z'",
    "2: dnssec.validation_time: is set: signatures are judged",
  ],
  [
    `[dnssec]\ntrust_anchors = [\n'a.example. DS 1 8 2 ${DS}',\n'a.example. DS 1 200 2 ${DS}']`,
    "4: dnssec.trust_anchors[2]: is of algorithm 200, which is not implemented, so nothing is validated by it; give",
  ],
  [
    "[dnssec]\ntrust_anchors = ['a.example. DNSKEY 257 3 5 AwEAAQ==']",
    "2: dnssec.trust_anchors[1]: is of algorithm 5, which dnssec.insecure_algorithms names, so nothing",
  ],
  [
    "[dnssec]\nnsec3_max_iterations = 500",
    "2: dnssec.nsec3_max_iterations: lets a zone make every denial expensive",
  ],
  [
    `${NAMED}ca_file = "half.pem"`,
    '5: upstream.server[s].ca_file: "/work/half.pem" has a certificate that cannot be read (number 3 of 4), and none from there on is trusted; copy',
  ],
  [
    "[metrics]\naddress = '192.0.2.1:9353'",
    '2: metrics.address: can be reached from other machines, and there is no password; use "127.0.0.1"',
  ],
];

const AUTHORITY = createPki().caPem;
const DAMAGED = AUTHORITY.replace(/^M.../m, "AAAA");

const FILES = {
  "/work/good": "",
  "/work/damaged.pem": DAMAGED + AUTHORITY,
  "/work/cut.pem": AUTHORITY.slice(0, 200),
  "/work/half.pem": `${AUTHORITY}${AUTHORITY}${DAMAGED}${AUTHORITY}`,
  "/work/several.pem": `${AUTHORITY}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\nof old:\n${AUTHORITY.replaceAll("CERTIFICATE", "X509 CERTIFICATE")}`,
  "/work/secret": null,
  "/etc/passwd": "root:x:0:0::/root:/bin/sh\nsotto:x:998:998::/:/usr/sbin/nologin\n",
};

describe("a faulty configuration file", () => {
  it.each(FAULTS)("%j has the one fault %j", (text, fault) => {
    const lines = faultLines(loadText(text, FILES));

    expect(lines).toHaveLength(1);
    expect(lines[0]?.startsWith(`sotto.toml:${fault}`), lines[0]).toBe(true);
  });

  it("has every fault shown at once, by line, and none that only follows from another", () => {
    const text = `[log]
level = info
[listen]
adresses = ["127.0.0.1"]
rate_limit = "many"
[[upstream.server]]
name = "q"
adresses = ["9.9.9.9"]
auth-name = "dns.example.net"
[[upstream.server]]
addresses = ["192.0.2.1:853"]
[[upstream.server]]
addresses = ["192.0.2.1"]
auth_name = "dns.example.net"
`;

    expect(faultLines(loadText(text)).map((line) => line.split(": ").slice(0, 2).join(" "))).toEqual([
      "sotto.toml:2 level",
      "sotto.toml:4 listen.adresses",
      "sotto.toml:5 listen.rate_limit",
      "sotto.toml:8 upstream.server[q].adresses",
      "sotto.toml:9 upstream.server[q].auth-name",
      "sotto.toml:10 upstream.server[2].auth_name",
      "sotto.toml:13 upstream.server[3].addresses[1]",
    ]);
  });

  it("is shown in lines without control characters, and not too long", () => {
    const [line = ""] = faultLines(
      loadText(`[local]\nhosts_file = "${"x".repeat(5_000)}"\n[log]\nlevel = "\\u001b[2J"`),
    ).filter((text) => text.includes("log.level"));

    expect(line).toContain("\\u001b[2J");
  });

  it("does not set what it holds on other objects", () => {
    expect(faultLines(loadText("[__proto__]\npolluted = 1"))).toHaveLength(1);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe("a configuration file that will do", () => {
  it.each(["darwin", "freebsd"])("has a warning about portals on %s", (platform) => {
    const result = loadText("[portal]\nenabled = true", FILES, { ...MACHINE, platform });

    expect(faultLines(result)).toEqual([]);
    expect(result.warnings.map(({ key, text }) => `${key} ${text}`)).toEqual([
      "portal.enabled has no effect once this system asks Sotto: only on Linux is it known then which resolver the network names",
    ]);
  });

  it.each(WARNINGS)("%j has the warning %j", (text, warning) => {
    const result = loadText(text, FILES);

    expect(faultLines(result)).toEqual([]);
    expect(warningLines(result).join("\n")).toContain(`sotto.toml:${warning}`);
  });

  it.each([
    ["an address of one operator twice", `${NAMED}operator = "one"\n${OTHER}operator = "one"`],
    [
      "an address of two operators, where names are shown to all",
      `[upstream]\nselection = "fastest"\n${NAMED}${OTHER}`,
    ],
    [
      "an address twice, where one is for other names",
      `[dnssec]\nmode = "off"\n${NAMED}${OTHER}domains = ["corp.example"]`,
    ],
    ["probe names that may go to the network", "[portal]\nenabled = true"],
    ["several authorities among other things", `${NAMED}ca_file = "several.pem"`],
    ["a user of this machine", "[listen]\nuser = 'sotto'"],
    ["a user of this machine by number", "[listen]\nuser = '998'"],
    ["a name and pins", `${NAMED}pins = [${PINS.join()}]`],
    ["pins alone", `${SERVER}${ADDRESS}pins = [${PINS.join()}]\npin_policy = "pin_only"`],
    [
      "a host that is looked up",
      `[upstream]\nbootstrap = ["192.0.2.3:53"]\n${SERVER}host = "dns.example.net"`,
    ],
    [
      "a host behind a proxy",
      `[upstream]\nproxy = "socks5://127.0.0.1:9050"\n${SERVER}host = "dns.example.net"`,
    ],
    ["a resolver found by DDR", `${SERVER}discover = "192.0.2.1:53"`],
    ["no name in the opportunistic profile", `[upstream]\nprofile = "opportunistic"\n${SERVER}${ADDRESS}`],
  ])("may have %s, without a word", (_, text) => {
    const result = loadText(text, FILES);

    expect(faultLines(result)).toEqual([]);
    expect(warningLines(result)).toEqual([]);
  });
});
