/** `[upstream]` and `[[upstream.server]]`: whom to ask, and how to know that it is them. */
import * as kinds from "../kinds.ts";
import { type Kind, key, list, type OutputOf, section, shown, table } from "./kind.ts";

const WRITTEN = "is of the wrong type; must be written [[upstream.server]], in double brackets";

const SERVER_KEYS = {
  name: key(
    kinds.optionalLabel(),
    "",
    "Label in logs and metrics. Default: auth_name, host or the first address.",
  ),
  operator: key(
    kinds.optionalLabel(),
    "",
    "Who runs it. Servers of one operator are replicas of one another. Default: the name above.",
  ),
  addresses: key(
    kinds.serverAddresses(853),
    [],
    'Addresses with port. A scope is allowed: "[fe80::1%eth0]:853". ' +
      "Exactly one of addresses, host and discover is set.",
  ),
  host: key(
    kinds.optionalHostName(),
    "",
    "Instead of addresses: a name, looked up through upstream.bootstrap (or by the proxy).",
  ),
  auth_name: key(
    kinds.optionalHostName(),
    "",
    "The name the certificate must hold (RFC 8310). Needed in the strict profile, unless pins stand alone. " +
      "Default: host.",
  ),
  pins: key(
    kinds.pins(),
    [],
    'Pins "sha256/BASE64" of a SubjectPublicKeyInfo, of the leaf or of an issuer. ' +
      "Keep two, so that a key roll does not lock you out.",
  ),
  pin_policy: key(
    kinds.choice(["name_and_pin", "name_or_pin", "pin_only"]),
    "name_and_pin",
    "How name and pins combine; only looked at where pins are given.",
  ),
  dane: key(
    kinds.flag(),
    false,
    "Also require a DNSSEC-secure TLSA record at _853._tcp.AUTH_NAME to match (RFC 7671, RFC 8310 section 8.2).",
  ),
  ca_file: key(kinds.optionalPath(), "", "A PEM bundle of certificate authorities instead of the system's."),
  discover: key(
    kinds.optionalAddress(53),
    "",
    "Instead of addresses: a plain resolver, whose encrypted endpoint is found by DDR and verified (RFC 9462).",
  ),
  domains: key(
    kinds.domainNames(),
    [],
    "Only for names at or below these, and nothing else goes there (split DNS). [] = every name.",
  ),
  transport: key(
    kinds.choice(["tls", "plain"]),
    "tls",
    'Plain (clear text) only for servers with domains, or with upstream.profile = "opportunistic".',
  ),
  minimises: key(
    kinds.flag(),
    true,
    "Whether the server minimises QNAMEs itself (sotto doctor tests it). " +
      "false: ancestors are resolved first toward it.",
  ),
  ecs: key(kinds.optionalChoice(["zero", "none"]), "", "Overrides privacy.ecs for this server."),
};

const notServer = (input: unknown): string => `${shown(input)} ${WRITTEN}`;
const encrypted = table(SERVER_KEYS, notServer);
/** The same keys, but for the port that is proposed where one is missing. */
const plain = table({ ...SERVER_KEYS, addresses: key(kinds.serverAddresses(53), [], "") }, notServer);

/** What a server of the file is after reading. */
export type ServerKeys = OutputOf<typeof encrypted>;

const server: Kind<ServerKeys> = {
  json: encrypted.json,
  read: (input, path, report) => (isPlain(input) ? plain : encrypted).read(input, path, report),
};

function isPlain(input: unknown): boolean {
  return (input as { transport?: unknown } | null)?.transport === "plain";
}

/** Two operators that publish a privacy policy and the names of their DoT servers. */
const BUILT_IN_SERVERS = [
  {
    name: "quad9",
    addresses: ["9.9.9.9:853", "149.112.112.112:853", "[2620:fe::fe]:853", "[2620:fe::9]:853"],
    auth_name: "dns.quad9.net",
  },
  { name: "mullvad", addresses: ["194.242.2.2:853", "[2a07:e340::2]:853"], auth_name: "dns.mullvad.net" },
];

const servers = list(server, (input) => `${shown(input)} ${WRITTEN}`);

export const upstream = section(
  "upstream",
  {
    profile: key(
      kinds.choice(["strict", "opportunistic"]),
      "strict",
      "Usage profile (RFC 8310).\n" +
        "strict: nothing is said to a server that is not authenticated.\n" +
        "opportunistic: TLS without authentication, and clear text where nothing is encrypted.",
    ),
    selection: key(
      kinds.choice(["sharded", "fastest", "round_robin", "failover"]),
      "sharded",
      "Who is asked.\n" +
        "sharded: each registrable domain always goes to the same operator, so that none sees the whole profile.\n" +
        "fastest: by measured round trip.\n" +
        "round_robin: in turn.\n" +
        "failover: the first that works.",
    ),
    shard_failover: key(
      kinds.choice(["down", "servfail", "never"]),
      "down",
      "When a name may be shown to a second operator.\n" +
        "down: its own gives no answer at all.\n" +
        "servfail: also when all its replicas answer SERVFAIL.",
    ),
    connections: key(kinds.count(1, 16), 2, "Most connections to one upstream address."),
    idle_timeout: key(
      kinds.duration("100ms", "1h"),
      "8s",
      "How long an unused connection stays, until the server's edns-tcp-keepalive says otherwise (RFC 7828).",
    ),
    connect_timeout: key(kinds.duration("50ms", "1m"), "3s", "TCP and TLS handshake together."),
    query_timeout: key(
      kinds.duration("100ms", "1m"),
      "4s",
      "Whole budget of one client query, retries included. Stub resolvers give up after 5 s.",
    ),
    max_in_flight: key(
      kinds.count(1, 1_000_000),
      4096,
      "Most queries waiting for an upstream at one time; above it clients get SERVFAIL.",
    ),
    bootstrap: key(
      kinds.serverAddresses(53),
      [],
      'Plain resolvers, asked only for the addresses of `host`, e.g. ["9.9.9.9:53"].',
    ),
    proxy: key(
      kinds.optionalProxy(),
      "",
      'A SOCKS5 proxy that every upstream connection goes through, nothing around it: "socks5://127.0.0.1:9050" is Tor.',
    ),
    server: key(
      servers,
      BUILT_IN_SERVERS,
      "The servers, one [[upstream.server]] each. With none in the file, these two operators are used; " +
        "conf/providers has others.",
    ),
  },
  "Whom to ask, and how to know that it is them.",
);
