/**
 * Rules between the keys of one `[[upstream.server]]`, and between servers.
 *
 * Source: RFC 8310 §5 and §8 (profiles, authentication domain name), RFC 7858 §4.2 (pins), RFC 7671
 * (DANE), RFC 9462 (DDR).
 */
import type { Name } from "../../ports/message.ts";
import { addressToText, isLoopback, isWildcard, type SocketAddress, twiceIn } from "../addresses.ts";
import { serverName, serverOperator } from "../config.ts";
import type { ServerKeys } from "../schema/upstream.ts";
import type { Path } from "../toml-document.ts";
import type { RuleContext } from "./context.ts";

type ServerKey = keyof ServerKeys;

/** One server, with the paths of its keys. */
interface Subject {
  readonly server: ServerKeys;
  readonly context: RuleContext;
  at(key: ServerKey): Path;
}

export function checkServers(context: RuleContext): void {
  const servers = context.keys.upstream.server;
  for (const [index, server] of servers.entries()) {
    const base = ["upstream", "server", index];
    const subject = { server, context, at: (key: ServerKey) => [...base, key] };
    checkTarget(subject);
    if (server.transport === "plain") checkPlain(subject);
    else checkIdentity(subject);
    checkPins(subject);
    checkDomains(subject);
  }
  checkNames(context);
  checkOwnAddresses(context);
  checkOperators(context);
  if (servers.length === 0) {
    context.findings.fault(
      ["upstream", "server"],
      "there is no server; leave the list out to use the built-in ones",
    );
  } else if (servers.every((server) => server.domains.length > 0)) {
    context.findings.warn(
      ["upstream", "server"],
      "every server has domains, so all other names get SERVFAIL; add a server without domains",
    );
  }
}

/** `addresses`, `host` or `discover`: one of them says where the server is. */
function checkTarget({ server, context, at }: Subject): void {
  const { findings, keys } = context;
  const given = (["addresses", "host", "discover"] as const).filter((key) =>
    key === "addresses" ? server.addresses.length > 0 : server[key] !== undefined,
  );
  const others = [at("addresses"), at("host"), at("discover")];
  if (given.length === 0) {
    findings.fault(at("addresses"), "is missing; set exactly one of addresses, host and discover", ...others);
  } else if (given.length > 1) {
    findings.fault(
      at(given[1] ?? "host"),
      `${given.join(" and ")} are set; exactly one of them may be`,
      ...others,
    );
  }
  const { bootstrap, proxy } = keys.upstream;
  if (server.host !== undefined && bootstrap.length === 0 && proxy === undefined) {
    const text =
      'needs upstream.bootstrap, e.g. ["9.9.9.9:53"], to look the name up; or set addresses instead';
    findings.fault(at("host"), text, ["upstream", "bootstrap"]);
  }
  if (server.discover !== undefined && proxy !== undefined) {
    const text =
      "asks a plain resolver directly, and upstream.proxy lets nothing go around it; set addresses instead";
    findings.fault(at("discover"), text, ["upstream", "proxy"]);
  }
  const linkLocal = server.addresses.find(({ scope }) => scope !== undefined);
  if (linkLocal !== undefined && proxy !== undefined) {
    const text =
      `has "${addressToText(linkLocal)}", of a link of this machine, which upstream.proxy cannot be told of; ` +
      "set an address that it can reach, or remove the proxy";
    findings.fault(at("addresses"), text, ["upstream", "proxy"]);
  }
  const twice = twiceIn(server.addresses);
  if (twice !== undefined)
    findings.fault(at("addresses"), `"${twice}" is in the list twice; each address may appear once`);
}

function checkPlain({ server, context, at }: Subject): void {
  const { findings, keys } = context;
  if (server.domains.length === 0 && keys.upstream.profile === "strict") {
    const text =
      'sends every name in clear text; give the server domains, or set upstream.profile = "opportunistic"';
    findings.fault(at("transport"), text, at("domains"), ["upstream", "profile"]);
  }
  const identity = (["auth_name", "pins", "ca_file", "dane"] as const).filter((key) => {
    const value = server[key];
    return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
  });
  for (const key of identity) {
    findings.fault(
      at(key),
      'cannot hold for clear text; remove it, or set transport = "tls"',
      at("transport"),
    );
  }
  if (server.discover !== undefined) {
    findings.fault(at("discover"), 'finds encrypted servers only; set addresses, or transport = "tls"');
  }
}

function checkIdentity({ server, context, at }: Subject): void {
  const { findings, keys } = context;
  const named = server.auth_name !== undefined || server.host !== undefined || server.discover !== undefined;
  const pinned = server.pins.length > 0;
  const related = [at("pins"), at("pin_policy"), at("host"), at("discover"), at("name")];
  if (!named && pinned && server.pin_policy !== "pin_only") {
    const text = `is missing, and pin_policy = "${server.pin_policy}" needs it; set it, or pin_policy = "pin_only"`;
    findings.fault(at("auth_name"), text, ...related);
  } else if (!named && !pinned && keys.upstream.profile === "strict") {
    const text = "is missing; the strict profile needs the name that the certificate must hold, or pins";
    findings.fault(at("auth_name"), text, ...related, ["upstream", "profile"]);
  }
  if (server.dane) checkDane({ server, context, at });
}

function checkDane({ server, context, at }: Subject): void {
  const { findings, keys } = context;
  // A designation gives no name that could be believed (RFC 9462 §4.2: it is known by an address).
  if (server.auth_name === undefined && server.host === undefined) {
    const text = "needs auth_name, whose TLSA record is looked up";
    findings.fault(at("dane"), text, at("auth_name"), at("host"));
  }
  if (!keys.upstream.server.some(mayTellOfOthers)) {
    const text =
      "has nobody to ask for the TLSA record, so nobody can prove to be this server; " +
      "add one over TLS that has neither dane nor domains";
    findings.warn(at("dane"), text, ["upstream", "server"]);
  }
  if (keys.dnssec.mode === "off") {
    findings.fault(at("dane"), 'needs dnssec.mode = "validate": an unsigned TLSA record proves nothing', [
      "dnssec",
      "mode",
    ]);
  }
}

/** Whether TLSA records of other servers can be asked of it: a server cannot vouch for itself. */
function mayTellOfOthers({ transport, dane, domains }: ServerKeys): boolean {
  return transport === "tls" && !dane && domains.length === 0;
}

function checkPins({ server, context, at }: Subject): void {
  const { findings } = context;
  const { pins, pin_policy } = server;
  if (pins.length === 0 && pin_policy !== "name_and_pin") {
    findings.fault(at("pin_policy"), "is set without pins; add pins, or remove it", at("pins"));
  }
  if (new Set(pins).size < pins.length)
    findings.fault(at("pins"), "holds a pin twice; each pin may appear once");
  else if (pins.length === 1 && pin_policy !== "name_or_pin") {
    findings.warn(
      at("pins"),
      "is a single pin: when the server's key changes, it is locked out; add a backup pin",
    );
  }
}

function checkDomains({ server, context, at }: Subject): void {
  const { findings, keys } = context;
  if (server.domains.some((name) => name.length === 1)) {
    findings.fault(at("domains"), "holds the root, which is every name; leave domains = [] for that");
  }
  if (server.domains.length === 0 || keys.dnssec.mode === "off") return;
  const anchored = (domain: Name): boolean => keys.dnssec.trust_anchors.some(({ owner }) => owner === domain);
  if (!server.domains.every(anchored)) {
    const text =
      "has no trust anchor of its own, so DNSSEC does not protect these names (insecure); " +
      "if the zone is signed, add its DS record to dnssec.trust_anchors";
    findings.warn(at("domains"), text, ["dnssec", "trust_anchors"]);
  }
}

/** Labels end up in metrics and decide about replicas, so each is one server's. */
function checkNames({ keys, findings }: RuleContext): void {
  const first = new Map<string, number>();
  for (const [index, server] of keys.upstream.server.entries()) {
    const name = serverName(server);
    const other = first.get(name);
    const path = ["upstream", "server", index, "name"];
    if (other !== undefined && name !== "") {
      findings.fault(path, `"${name}" would be the name of two servers; give each a name of its own`);
    } else first.set(name, index);
  }
}

/** Names would seem to be spread over two operators, while one of them sees all. */
function checkOperators({ keys, findings }: RuleContext): void {
  if (keys.upstream.selection !== "sharded") return;
  const first = new Map<string, ServerKeys>();
  for (const [index, server] of keys.upstream.server.entries()) {
    // One with domains sees its own names only.
    if (server.domains.length > 0) continue;
    for (const address of server.addresses.map(addressToText)) {
      const other = first.get(address);
      if (other === undefined) first.set(address, server);
      else if (serverOperator(other) !== serverOperator(server)) {
        const text =
          `"${address}" is also an address of "${serverName(other)}", of another operator in name, ` +
          "so one operator sees what seems spread over two; give both the same operator, or remove one";
        findings.warn(["upstream", "server", index, "addresses"], text);
      }
    }
  }
}

/** A server that is one of our own listeners would ask itself for ever. */
function checkOwnAddresses({ keys, findings }: RuleContext): void {
  const listeners = keys.listen.addresses;
  const isOwn = (address: SocketAddress): boolean => listeners.some((listener) => reaches(listener, address));
  const text = "is an address that Sotto itself listens on; it would ask itself for ever";
  const listen = ["listen", "addresses"];
  for (const [index, { addresses, discover }] of keys.upstream.server.entries()) {
    const base = ["upstream", "server", index];
    if (addresses.some(isOwn)) findings.fault([...base, "addresses"], text, listen);
    if (discover !== undefined && isOwn(discover)) findings.fault([...base, "discover"], text, listen);
  }
  if (keys.upstream.bootstrap.some(isOwn)) findings.fault(["upstream", "bootstrap"], text, listen);
}

/** Whether a query to `address` would arrive at `listener`, as far as the file alone can tell. */
function reaches(listener: SocketAddress, address: SocketAddress): boolean {
  if (listener.port === 0 || listener.port !== address.port || listener.family !== address.family)
    return false;
  return listener.ip === address.ip || (isWildcard(listener) && isLoopback(address.ip));
}
