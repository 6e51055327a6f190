/** Servers of others that serve zones of the lab over DoT: upstreams that are not ours. */
import { UNBOUND_QUIET } from "./forwarders.ts";
import { freePort, startPeer, type Peer } from "./peers.ts";

export interface DotServerOptions {
  /** PEM of leaf, intermediates; and of the key. */
  readonly leaf: { readonly chainPem: string; readonly keyPem: string };
  /** Whole zones as master files, by apex with its last dot; the root is `.`. */
  readonly zones: Readonly<Record<string, string>>;
  /** Lines of the server's own configuration, added to its main section. */
  readonly extra?: readonly string[];
}

/**
 * Resolves over the zones as if they were the internet; does not validate. Its auth-zone gives the NSEC of a
 * wildcard the name that was asked for (1.17.1): a wildcard's NODATA in an NSEC zone is bogus through it.
 */
export async function startUnboundServer(options: DotServerOptions): Promise<Peer> {
  const port = await freePort();
  const conf = [
    "server:",
    ...UNBOUND_QUIET,
    `  interface: 127.0.0.1@${port}`,
    `  tls-port: ${port}`,
    '  tls-service-key: "FOLDER/leaf.key"',
    '  tls-service-pem: "FOLDER/leaf.pem"',
    '  module-config: "iterator"',
    "  unblock-lan-zones: yes",
    "  insecure-lan-zones: yes",
    '  local-zone: "2.0.192.in-addr.arpa." nodefault',
    "  qname-minimisation: no",
    ...(options.extra ?? []).map((line) => `  ${line}`),
    ...Object.keys(options.zones).flatMap((apex) => [
      "auth-zone:",
      `  name: "${apex}"`,
      `  zonefile: "FOLDER/${fileOf(apex)}"`,
      "  for-downstream: no",
      "  for-upstream: yes",
      "  fallback-enabled: no",
    ]),
  ];
  const files = { ...filesOf(options), "unbound.conf": conf.join("\n") };
  return await startPeer({
    program: "unbound",
    args: ["-d", "-c", "FOLDER/unbound.conf"],
    port,
    files,
    readyBy: "tcp",
  });
}

/** Authoritative for the zones: refers where it has no answer. */
export async function startNsd(options: DotServerOptions): Promise<Peer> {
  const port = await freePort();
  const conf = [
    "server:",
    `  ip-address: 127.0.0.1@${port}`,
    `  tls-port: ${port}`,
    '  tls-service-key: "FOLDER/leaf.key"',
    '  tls-service-pem: "FOLDER/leaf.pem"',
    '  username: ""',
    '  chroot: ""',
    '  pidfile: ""',
    '  logfile: ""',
    '  database: ""',
    '  xfrdfile: "FOLDER/xfrd.state"',
    '  zonelistfile: "FOLDER/zone.list"',
    '  cookie-secret-file: ""',
    '  zonesdir: "FOLDER"',
    "  server-count: 1",
    ...(options.extra ?? []).map((line) => `  ${line}`),
    "remote-control:",
    "  control-enable: no",
    ...Object.keys(options.zones).flatMap((apex) => [
      "zone:",
      `  name: "${apex}"`,
      `  zonefile: "${fileOf(apex)}"`,
    ]),
  ];
  const files = { ...filesOf(options), "nsd.conf": `${conf.join("\n")}\n` };
  return await startPeer({
    program: "nsd",
    args: ["-d", "-c", "FOLDER/nsd.conf"],
    port,
    files,
    readyBy: "tcp",
  });
}

/** Authoritative for the zones, and recursive over them: follows CNAMEs from one to another. */
export async function startNamed(options: DotServerOptions): Promise<Peer> {
  const port = await freePort();
  const conf = [
    'tls lab { key-file "FOLDER/leaf.key"; cert-file "FOLDER/leaf.pem"; };',
    "options {",
    '  directory "FOLDER";',
    "  pid-file none;",
    "  lock-file none;",
    '  session-keyfile "FOLDER/session.key";',
    "  listen-on-v6 { none; };",
    `  listen-on port ${port} tls lab { 127.0.0.1; };`,
    "  allow-query { any; };",
    "  recursion yes;",
    "  allow-recursion { any; };",
    "  dnssec-validation no;",
    "  empty-zones-enable no;",
    "  check-names primary ignore;",
    "  minimal-responses yes;",
    "  notify no;",
    ...(options.extra ?? []).map((line) => `  ${line}`),
    "};",
    "controls { };",
    ...Object.keys(options.zones).map((apex) => `zone "${apex}" { type primary; file "${fileOf(apex)}"; };`),
  ];
  const files = { ...filesOf(options), "named.conf": conf.join("\n") };
  const args = ["-g", "-n", "1", "-c", "FOLDER/named.conf"];
  const peer = await startPeer({ program: "named", args, port, files, readyBy: "tcp" });
  const refused = /zone \S+: not loaded due to errors/.exec(peer.log());
  if (refused === null) return peer;
  await peer.stop();
  throw new Error(`named: ${refused[0]}`);
}

/** dnsdist as a DoT server before a plain one (`startDo53Upstream` of the lab, say). */
export async function startDnsdistServer(
  leaf: DotServerOptions["leaf"],
  backendPort: number,
  extra: readonly string[] = [],
): Promise<Peer> {
  const port = await freePort();
  const conf = [
    `addTLSLocal('127.0.0.1:${port}', 'FOLDER/leaf.pem', 'FOLDER/leaf.key', { provider = 'openssl' })`,
    "setACL({'127.0.0.0/8'})",
    "setSecurityPollSuffix('')",
    `newServer({ address = '127.0.0.1:${backendPort}', checkName = 'www.example.com.' })`,
    ...extra,
  ];
  const files = { ...filesOf({ leaf, zones: {} }), "dnsdist.conf": conf.join("\n") };
  const args = ["--supervised", "--disable-syslog", "-C", "FOLDER/dnsdist.conf"];
  return await startPeer({ program: "dnsdist", args, port, files, readyBy: "tcp" });
}

function fileOf(apex: string): string {
  return `${apex === "." ? "root" : apex}zone`;
}

function filesOf(options: DotServerOptions): Record<string, string> {
  const zones = Object.entries(options.zones).map(([apex, text]) => [fileOf(apex), text]);
  return {
    "leaf.pem": options.leaf.chainPem,
    "leaf.key": options.leaf.keyPem,
    ...(Object.fromEntries(zones) as Record<string, string>),
  };
}
