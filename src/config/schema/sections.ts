/** The other sections of the configuration file, in the order of the annotated file. */
import * as kinds from "../kinds.ts";
import { key, section } from "./kind.ts";

/** Algorithms that are implemented, mnemonics and numbers (IANA "DNS Security Algorithm Numbers"). */
export const ALGORITHMS = {
  RSASHA1: 5,
  "RSASHA1-NSEC3-SHA1": 7,
  RSASHA256: 8,
  RSASHA512: 10,
  ECDSAP256SHA256: 13,
  ECDSAP384SHA384: 14,
  ED25519: 15,
  ED448: 16,
} as const;

export const listen = section(
  "listen",
  {
    addresses: key(
      kinds.listenAddresses(53),
      ["127.0.0.1:53", "[::1]:53"],
      "UDP and TCP on each. A wildcard (0.0.0.0, [::]) becomes one socket a local address. A family the machine " +
        "does not have is a warning. Port 0 takes any free port.",
    ),
    allow: key(
      kinds.prefixes(),
      ["127.0.0.0/8", "::1/128"],
      'Clients outside these blocks get REFUSED. For a home network add its own, e.g. "192.168.0.0/16", "fd00::/8".',
    ),
    rate_limit: key(
      kinds.count(0, 1_000_000),
      0,
      "Queries a second for one client address, in each of the workers; 0 = none.",
    ),
    max_tcp_clients: key(kinds.count(1, 65_535), 150, "Most TCP connections of clients at one time."),
    tcp_idle_timeout: key(
      kinds.duration("100ms", "1h"),
      "10s",
      "How long a TCP client may be silent (RFC 7766 section 6.2.3).",
    ),
    batch_io: key(
      kinds.choice(["auto", "on", "off"]),
      "auto",
      'Many datagrams a system call (recvmmsg, sendmmsg), where the platform has them.\nWith "off" ' +
        "signatures are verified through Node alone, too: OpenSSL is not called by its name.",
    ),
    workers: key(
      kinds.count(1, 64),
      1,
      "Processes that share the port (SO_REUSEPORT), on Linux with koffi. Each has a part of the cache and " +
        "connections of its own;\none is enough for a household.",
    ),
    user: key(kinds.optionalLabel(), "", "Drop to this user once the ports are bound."),
  },
  "Where clients ask.",
);

export const privacy = section(
  "privacy",
  {
    padding: key(
      kinds.choice(["block", "random_block", "maximal", "off"]),
      "block",
      "Padding of queries (RFC 8467).\n" +
        "block: to a multiple of padding_block.\n" +
        "random_block: to a random number of blocks more.\n" +
        "maximal: always to the smallest multiple that holds any query (384).",
    ),
    padding_block: key(
      kinds.count(1, 512),
      128,
      "Octets. RFC 8467 recommends 128, and everybody else uses it.",
    ),
    ecs: key(
      kinds.choice(["zero", "none"]),
      "zero",
      "EDNS Client Subnet; a client's own never passes.\n" +
        "zero: send /0, so that the operator adds none of its own (RFC 7871 section 7.1.2).\n" +
        "none: send no such option.",
    ),
    qname_minimisation: key(
      kinds.choice(["off", "auto", "strict"]),
      "auto",
      "off: the full name, once.\n" +
        "auto: the full name at once; ancestors first only toward servers with minimises = false.\n" +
        "strict: always ancestors first, so that a name below one that does not exist never leaves.",
    ),
    rebinding_protection: key(
      kinds.flag(),
      true,
      "Private, loopback and link-local addresses are not accepted from public names (DNS rebinding).",
    ),
    rebinding_allow: key(
      kinds.domainNames(),
      [],
      'Names at or below which private addresses are fine, e.g. ["plex.direct"].',
    ),
    cover_traffic: key(
      kinds.choice(["off", "low", "high"]),
      "off",
      "Decoy lookups of names from a shipped list, never of your own.",
    ),
  },
  "What upstream servers and people on the wire may learn.",
);

export const dnssec = section(
  "dnssec",
  {
    mode: key(kinds.choice(["validate", "off"]), "validate", "Whether signatures are checked here."),
    trust_anchors: key(
      kinds.trustAnchors(),
      [],
      'DS or DNSKEY records, e.g. ["corp.example. DS 12345 13 2 49FD..."]. ' +
        "[] = the built-in keys of the root; anchors of other zones are added to those.",
    ),
    trust_anchor_file: key(
      kinds.optionalPath(),
      "",
      "A file of anchors, kept up to date by RFC 5011 where it can be written.",
    ),
    negative_trust_anchors: key(
      kinds.domainNames(),
      [],
      "Names at or below which signatures are not checked (RFC 7646), for zones known to be broken.",
    ),
    insecure_algorithms: key(
      kinds.numbersByWord(ALGORITHMS),
      ["RSASHA1", "RSASHA1-NSEC3-SHA1"],
      "Algorithms that are implemented, but whose zones are treated as insecure (RFC 9905). [] = trust them all.",
    ),
    min_rsa_bits: key(kinds.count(512, 4096), 1024, "RSA keys shorter than this count as unsupported."),
    nsec3_max_iterations: key(
      kinds.count(0, 2500),
      50,
      "Zones with more extra iterations are treated as insecure (RFC 9276 section 3.2).",
    ),
    aggressive_nsec: key(
      kinds.flag(),
      true,
      "Deny names from ranges already proven empty, without asking (RFC 8198).",
    ),
    validation_time: key(
      kinds.optionalInstant(),
      "",
      'A fixed clock for signatures, for tests and for looking at the past: "2026-11-01T12:00:00Z".',
    ),
  },
  "Proof that answers are what their owners published.",
);

export const cache = section(
  "cache",
  {
    size: key(kinds.size("1MiB", "64GiB"), "32MiB", "Most memory for answers."),
    min_ttl: key(kinds.duration("0s", "1d"), "0s", "Lower bound for how long an answer is kept."),
    max_ttl: key(kinds.duration("1s", "4w"), "1d", "Upper bound for how long an answer is kept."),
    max_negative_ttl: key(kinds.duration("0s", "1d"), "15m", "The same for NXDOMAIN and NODATA (RFC 2308)."),
    serve_stale: key(
      kinds.duration("0s", "4w"),
      "1d",
      'How long past its end an answer may still be given when no fresh one can be had (RFC 8767). "0s" = off.',
    ),
    stale_after: key(
      kinds.duration("0s", "1m"),
      "1800ms",
      "The client waits so long for a fresh answer before it gets a stale one.",
    ),
    prefetch: key(
      kinds.flag(),
      true,
      "Refresh names asked again in the last tenth of their life, at a random moment of it.",
    ),
    prefetch_share: key(
      kinds.count(0, 100),
      50,
      "Percent of the upstream queries that may be such refreshes; what comes above is asked for when a client asks.",
    ),
    file: key(
      kinds.optionalPath(),
      "",
      "Kept in this file, encrypted, across restarts. Relative to the directory of this configuration file.",
    ),
  },
  "Answers kept for the next client.",
);

export const local = section(
  "local",
  {
    special_names: key(
      kinds.flag(),
      true,
      "Names that have no business outside are answered here: localhost, .onion, .local, home.arpa, private reverse " +
        "zones and others (RFC 6761, 6303, 7686, 8375, 9476 ...).",
    ),
    hosts_file: key(kinds.optionalPath(), "", 'A file in the format of /etc/hosts, e.g. "/etc/hosts".'),
    records: key(
      kinds.records(),
      [],
      'Records of your own as zone-file lines, e.g. ["nas.home.arpa. 60 IN A 192.168.1.10"].',
    ),
    block_lists: key(kinds.paths(), [], "Files of names to block: one name a line, or hosts format."),
    block_answer: key(
      kinds.choice(["nxdomain", "null_ip", "refused"]),
      "nxdomain",
      "What a client gets for a blocked name: no such name, the address 0.0.0.0 or ::, or REFUSED.",
    ),
  },
  "Names answered here, that never leave.",
);

export const clock = section(
  "clock",
  {
    ntp_names: key(
      kinds.domainNames(),
      [
        "pool.ntp.org",
        "time.google.com",
        "time.cloudflare.com",
        "ntp.ubuntu.com",
        "time.windows.com",
        "time.apple.com",
      ],
      "Names that may resolve while the clock is provably wrong, so that it can be set.",
    ),
  },
  "Machines that start without the time.",
);

export const portal = section(
  "portal",
  {
    enabled: key(
      kinds.flag(),
      false,
      "Let the operating systems' probe names, and only those, go to the network's own resolver while a captive " +
        "portal blocks port 853.",
    ),
  },
  "Captive portals, as in hotels and trains.",
);

export const metrics = section(
  "metrics",
  {
    address: key(
      kinds.optionalAddress(9353, true),
      "127.0.0.1:9353",
      '/metrics for Prometheus, /healthz, /readyz and the status page. "" = off.',
    ),
  },
  "What Sotto tells about itself. No label ever holds a name or a client address.",
);

export const control = section(
  "control",
  {
    socket: key(
      kinds.optionalPath(),
      "",
      "Where sotto stats, flush, reload, query and explain reach the running instance. Default: " +
        "$RUNTIME_DIRECTORY/control.sock, else /run/sotto/control.sock as root, else $XDG_RUNTIME_DIR/sotto.sock.",
    ),
  },
  "The control socket; its mode is 0600.",
);

export const log = section(
  "log",
  {
    level: key(
      kinds.choice(["trace", "debug", "info", "warn", "error", "fatal", "silent"]),
      "info",
      "The least serious line that is written.",
    ),
    format: key(
      kinds.choice(["auto", "json", "pretty"]),
      "auto",
      "auto: pretty on a terminal, else one JSON object a line.",
    ),
    queries: key(kinds.flag(), false, "Names and client addresses appear in the log only when true."),
  },
  "The log, on standard output.",
);
