/** Other resolvers as DoT forwarders: what Sotto is compared with. They listen on Do53. */
import { freePort, startPeer, type Peer } from "./peers.ts";

export interface Upstream {
  readonly port: number;
  readonly authName: string;
  /** PEM. */
  readonly caPem: string;
}

export interface ForwarderOptions {
  readonly upstreams: readonly Upstream[];
  /** DS lines (`. DS TAG ALGORITHM DIGEST-TYPE DIGEST`); absent: does not validate. */
  readonly trustAnchors?: readonly string[];
  /** Lines of the peer's own configuration, added last to its main section. */
  readonly extra?: readonly string[];
}

export async function startUnbound(options: ForwarderOptions): Promise<Peer> {
  const port = await freePort();
  const anchors = (options.trustAnchors ?? []).map((anchor) => `  trust-anchor: "${anchor}"`);
  const addresses = options.upstreams.map((up) => `  forward-addr: 127.0.0.1@${up.port}#${up.authName}`);
  const conf = [
    "server:",
    ...UNBOUND_QUIET,
    `  interface: 127.0.0.1@${port}`,
    `  module-config: "${anchors.length > 0 ? "validator iterator" : "iterator"}"`,
    '  tls-cert-bundle: "FOLDER/ca.pem"',
    "  do-not-query-localhost: no",
    "  val-log-level: 2",
    '  local-zone: "2.0.192.in-addr.arpa." nodefault',
    "  ede: yes",
    ...anchors,
    ...(options.extra ?? []).map((line) => `  ${line}`),
    "forward-zone:",
    '  name: "."',
    "  forward-tls-upstream: yes",
    ...addresses,
  ];
  const files = { "unbound.conf": conf.join("\n"), "ca.pem": bundle(options) };
  return await startPeer({
    program: "unbound",
    args: ["-d", "-c", "FOLDER/unbound.conf"],
    port,
    files,
    readyBy: "udp",
  });
}

/** Common to every unbound here: in the foreground, no chroot, no other user, no files outside its folder. */
export const UNBOUND_QUIET: readonly string[] = [
  "  do-daemonize: no",
  "  use-syslog: no",
  '  logfile: ""',
  '  chroot: ""',
  '  username: ""',
  '  pidfile: ""',
  '  directory: "FOLDER"',
  "  num-threads: 1",
  "  access-control: 127.0.0.0/8 allow",
];

export async function startKresd(options: ForwarderOptions): Promise<Peer> {
  const port = await freePort();
  const targets = options.upstreams.map(
    (up) => `{'127.0.0.1@${up.port}', hostname='${up.authName}', ca_file='FOLDER/ca.pem'}`,
  );
  const conf = [
    `net.listen('127.0.0.1', ${port}, { kind = 'dns' })`,
    "modules.unload('ta_update')",
    "modules.unload('ta_signal_query')",
    "modules.unload('priming')",
    "modules.unload('detect_time_skew')",
    "trust_anchors.remove('.')",
    ...(options.trustAnchors ?? []).map((anchor) => `trust_anchors.add('${anchor}')`),
    "cache.size = 200 * MB",
    ...(options.extra ?? []),
    `policy.add(policy.all(policy.TLS_FORWARD({${targets.join(", ")}})))`,
  ];
  const files = { "kresd.conf": conf.join("\n"), "ca.pem": bundle(options) };
  return await startPeer({
    program: "kresd",
    args: ["-n", "-c", "FOLDER/kresd.conf", "FOLDER"],
    port,
    files,
    readyBy: "udp",
  });
}

/** BIND over Do53 (9.18 forwards over nothing else): the validator that `delv` is made of. */
export async function startNamedForwarder(
  upstreamPort: number,
  trustAnchors: readonly string[],
): Promise<Peer> {
  const port = await freePort();
  const anchors = trustAnchors.map((anchor) => {
    const [owner, , tag, algorithm, digestType, digest] = anchor.split(" ");
    return `"${owner}" static-ds ${tag} ${algorithm} ${digestType} "${digest}";`;
  });
  const conf = [
    "options {",
    '  directory "FOLDER";',
    "  pid-file none;",
    "  lock-file none;",
    '  session-keyfile "FOLDER/session.key";',
    "  listen-on-v6 { none; };",
    `  listen-on port ${port} { 127.0.0.1; };`,
    `  forwarders port ${upstreamPort} { 127.0.0.1; };`,
    "  forward only;",
    "  dnssec-validation yes;",
    "  empty-zones-enable no;",
    "  resolver-query-timeout 2000;",
    "  allow-query { any; };",
    "};",
    "controls { };",
    `trust-anchors { ${anchors.join(" ")} };`,
  ];
  const files = { "named.conf": conf.join("\n") };
  const args = ["-g", "-n", "1", "-c", "FOLDER/named.conf"];
  return await startPeer({ program: "named", args, port, files, readyBy: "udp" });
}

/** Without a packet cache unless `extra` makes one. */
export async function startDnsdist(options: ForwarderOptions): Promise<Peer> {
  const port = await freePort();
  const conf = [
    `setLocal('127.0.0.1:${port}')`,
    "setACL({'127.0.0.0/8'})",
    "setSecurityPollSuffix('')",
    ...options.upstreams.map(
      (up) =>
        `newServer({address='127.0.0.1:${up.port}', tls='openssl', subjectName='${up.authName}', caStore='FOLDER/ca.pem', validateCertificates=true, checkName='www.example.com.', mustResolve=false})`,
    ),
    ...(options.extra ?? []),
  ];
  const files = { "dnsdist.conf": conf.join("\n"), "ca.pem": bundle(options) };
  const args = ["--supervised", "--disable-syslog", "-C", "FOLDER/dnsdist.conf"];
  return await startPeer({ program: "dnsdist", args, port, files, readyBy: "udp" });
}

export async function startStubby(options: ForwarderOptions): Promise<Peer> {
  const port = await freePort();
  const conf = [
    "resolution_type: GETDNS_RESOLUTION_STUB",
    "dns_transport_list:",
    "  - GETDNS_TRANSPORT_TLS",
    "tls_authentication: GETDNS_AUTHENTICATION_REQUIRED",
    "tls_query_padding_blocksize: 128",
    "edns_client_subnet_private: 1",
    "idle_timeout: 10000",
    "round_robin_upstreams: 0",
    'appdata_dir: "FOLDER"',
    'tls_ca_file: "FOLDER/ca.pem"',
    "listen_addresses:",
    `  - 127.0.0.1@${port}`,
    ...(options.extra ?? []),
    "upstream_recursive_servers:",
    ...options.upstreams.flatMap((up) => [
      "  - address_data: 127.0.0.1",
      `    tls_port: ${up.port}`,
      `    tls_auth_name: "${up.authName}"`,
    ]),
  ];
  const files = { "stubby.yml": `${conf.join("\n")}\n`, "ca.pem": bundle(options) };
  return await startPeer({
    program: "stubby",
    args: ["-C", "FOLDER/stubby.yml"],
    port,
    files,
    readyBy: "udp",
  });
}

/** Every authority once. */
function bundle(options: ForwarderOptions): string {
  return [...new Set(options.upstreams.map((up) => up.caPem))].join("");
}
