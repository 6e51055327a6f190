/** Rules between keys outside `[[upstream.server]]`. */
import { Type } from "../../wire/codes.ts";
import { nameToText } from "../../wire/presentation.ts";
import { addressToText, isLoopback, isWildcard, twiceIn } from "../addresses.ts";
import { ROOT } from "../../wire/names.ts";
import { MAX_SOCKET_PATH } from "../places.ts";
import { durationToText } from "../quantities.ts";
import { ALGORITHMS } from "../schema/sections.ts";
import type { RuleContext } from "./context.ts";

export function checkSections(context: RuleContext): void {
  checkListen(context);
  checkUser(context);
  checkTimes(context);
  checkUpstream(context);
  checkDnssec(context);
  checkMetrics(context);
  checkControl(context);
  checkRecords(context);
}

function checkListen({ keys, findings }: RuleContext): void {
  const { addresses, allow, workers } = keys.listen;
  const at = ["listen", "addresses"];
  const twice = twiceIn(addresses.filter(({ port }) => port !== 0));
  if (twice !== undefined)
    findings.fault(at, `"${twice}" is in the list twice; each address may appear once`);
  if (addresses.length === 0) findings.warn(at, "is empty: only sockets handed over by systemd are served");
  if (workers > 1 && addresses.some(({ port }) => port === 0)) {
    findings.fault(["listen", "workers"], "share one port, so listen.addresses must not use port 0", at);
  }
  const beyond = addresses.find((address) => isWildcard(address) || !isLoopback(address.ip));
  if (allow.length === 0) {
    const text = "is empty: every client gets REFUSED; name the networks of your clients";
    findings.warn(["listen", "allow"], text);
  } else if (beyond !== undefined && allow.every(({ ip }) => isLoopback(ip))) {
    const text =
      `admits this machine only, but "${addressToText(beyond)}" can be reached by others, who get REFUSED; ` +
      'add their network, e.g. "192.168.0.0/16"';
    findings.warn(["listen", "allow"], text, at);
  }
  if (beyond !== undefined && allow.some(({ bits }) => bits === 0)) {
    const text =
      "admits everybody: an open resolver is used to attack others; name the networks of your clients";
    findings.warn(["listen", "allow"], text, at);
  }
}

/** Where `listen.user` is looked up once the ports are bound. */
const USERS = "/etc/passwd";

/** No fault: the file may be checked on another machine than it is for. */
function checkUser({ keys, files, findings }: RuleContext): void {
  const { user } = keys.listen;
  if (user === undefined) return;
  const users = files.read(USERS);
  if (typeof users !== "string") return;
  const isThere = users.split("\n").some((line) => {
    const [name, , uid] = line.split(":");
    return name === user || uid === user;
  });
  if (isThere) return;
  const text = `"${user}" is no user of this machine (${USERS}): Sotto does not start here before it is created`;
  findings.warn(["listen", "user"], text);
}

function checkTimes({ keys, findings }: RuleContext): void {
  const { min_ttl, max_ttl, max_negative_ttl, stale_after, serve_stale } = keys.cache;
  const { connect_timeout, query_timeout } = keys.upstream;
  const least = durationToText(min_ttl);
  if (min_ttl > max_ttl) {
    findings.fault(["cache", "max_ttl"], `is below cache.min_ttl (${least}); it must be at least that`, [
      "cache",
      "min_ttl",
    ]);
  }
  if (min_ttl > max_negative_ttl) {
    const text = `is below cache.min_ttl (${least}); negative answers are kept this long all the same`;
    findings.warn(["cache", "max_negative_ttl"], text, ["cache", "min_ttl"]);
  }
  if (connect_timeout > query_timeout) {
    const text = `is longer than upstream.query_timeout (${durationToText(query_timeout)}), which ends the wait first`;
    findings.warn(["upstream", "connect_timeout"], text, ["upstream", "query_timeout"]);
  }
  if (serve_stale > 0 && stale_after >= query_timeout) {
    const text =
      `is not below upstream.query_timeout (${durationToText(query_timeout)}), ` +
      "so clients may give up before they get a stale answer";
    findings.warn(["cache", "stale_after"], text, ["upstream", "query_timeout"]);
  }
}

function checkUpstream({ keys, document, findings }: RuleContext): void {
  const { selection, shard_failover, bootstrap, proxy, server } = keys.upstream;
  if (selection !== "sharded" && shard_failover !== "down") {
    const text = `has no effect with selection = "${selection}"; only "sharded" keeps names to one operator`;
    findings.warn(["upstream", "shard_failover"], text, ["upstream", "selection"]);
  }
  if (bootstrap.length > 0 && proxy !== undefined) {
    findings.warn(
      ["upstream", "bootstrap"],
      "is not used: upstream.proxy looks the names of servers up itself",
      ["upstream", "proxy"],
    );
  } else if (bootstrap.length > 0 && server.every(({ host }) => host === undefined)) {
    findings.warn(["upstream", "bootstrap"], "is not used: no server has a host to look up");
  }
  if (!document.has(["upstream", "server"]) && keys.upstream.profile === "opportunistic") {
    const text = "has no servers of its own, so the built-in ones are used; they all support strict";
    findings.warn(["upstream", "profile"], text);
  }
}

function checkDnssec({ keys, document, findings }: RuleContext): void {
  const { mode, validation_time, nsec3_max_iterations } = keys.dnssec;
  const given = ["trust_anchors", "trust_anchor_file", "negative_trust_anchors", "validation_time"].filter(
    (key) => document.has(["dnssec", key]) && isSet(keys.dnssec[key as "trust_anchors"]),
  );
  if (mode === "off") {
    for (const key of given) findings.warn(["dnssec", key], 'has no effect with dnssec.mode = "off"');
  } else if (validation_time !== undefined) {
    findings.warn(
      ["dnssec", "validation_time"],
      "is set: signatures are judged at that time, not at the present one",
    );
  }
  checkThatSomethingAnchors({ keys, findings });
  if (mode === "validate") checkAnchorAlgorithms({ keys, findings });
  if (nsec3_max_iterations > 150) {
    const text =
      "lets a zone make every denial expensive; RFC 9276 wants 0, and 100 is the most that is in use";
    findings.warn(["dnssec", "nsec3_max_iterations"], text);
  }
}

/** RFC 7646 §3: at the same node a negative trust anchor takes precedence over a positive one. */
function checkThatSomethingAnchors({ keys, findings }: Pick<RuleContext, "keys" | "findings">): void {
  const { mode, trust_anchors, trust_anchor_file, negative_trust_anchors: negative } = keys.dnssec;
  // Without a word the built-in anchors are the root's.
  const isGone = negative.includes(ROOT) && trust_anchors.every(({ owner }) => negative.includes(owner));
  if (mode === "off" || trust_anchor_file !== undefined || !isGone) return;
  const text = 'holds the root, so nothing is left to validate by; remove it, or set dnssec.mode = "off"';
  findings.fault(["dnssec", "negative_trust_anchors"], text);
}

/** Where a resolver supports none of a zone's algorithms, the zone is insecure (RFC 4035 §5.2, RFC 6840 §5.2). */
function checkAnchorAlgorithms({ keys, findings }: Pick<RuleContext, "keys" | "findings">): void {
  const { trust_anchors, insecure_algorithms } = keys.dnssec;
  const implemented: readonly number[] = Object.values(ALGORITHMS);
  for (const [index, { type, rdata }] of trust_anchors.entries()) {
    const algorithm = rdata[type === Type.DS ? 2 : 3] ?? 0;
    const isInsecure = insecure_algorithms.includes(algorithm);
    if (implemented.includes(algorithm) && !isInsecure) continue;
    const why = isInsecure ? "which dnssec.insecure_algorithms names" : "which is not implemented";
    const text =
      `is of algorithm ${algorithm}, ${why}, so nothing is validated by it; ` +
      "give an anchor of the zone's keys of algorithm 8, 13 or 15";
    findings.warn(["dnssec", "trust_anchors", index], text, ["dnssec", "insecure_algorithms"]);
  }
}

function isSet(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined;
}

function checkMetrics({ keys, findings }: RuleContext): void {
  const { address } = keys.metrics;
  if (address === undefined) return;
  const at = ["metrics", "address"];
  const text = addressToText(address);
  if (address.port !== 0 && keys.listen.addresses.some((other) => addressToText(other) === text)) {
    findings.fault(at, "is also in listen.addresses; choose another port", ["listen", "addresses"]);
  }
  if (!isLoopback(address.ip)) {
    const text =
      "can be reached from other machines, and there is no password; " +
      'use "127.0.0.1" where what collects metrics runs here, else let a firewall admit only that machine';
    findings.warn(at, text);
  }
}

function checkControl({ keys, findings, resolve }: RuleContext): void {
  const { socket } = keys.control;
  if (socket === undefined || Buffer.byteLength(resolve(socket)) <= MAX_SOCKET_PATH) return;
  const text = `"${resolve(socket)}" is longer than the ${MAX_SOCKET_PATH} octets of a socket's path; name a shorter one`;
  findings.fault(["control", "socket"], text);
}

/** RFC 1034 §3.6.2: "If a CNAME RR is present at a node, no other data should be present". */
function checkRecords({ keys, findings }: RuleContext): void {
  const { records } = keys.local;
  const atOwner = new Map<string, number>();
  for (const { owner } of records) atOwner.set(owner, (atOwner.get(owner) ?? 0) + 1);
  const alias = records.find(({ owner, type }) => type === Type.CNAME && atOwner.get(owner) !== 1);
  if (alias === undefined) return;
  // The first line holds.
  const isFirst = records.find(({ owner }) => owner === alias.owner) === alias;
  const served = isFirst ? "only the CNAME is served" : "the CNAME is not served";
  const text = `has a CNAME and other data at "${nameToText(alias.owner)}", of which ${served}; remove one of them`;
  findings.warn(["local", "records"], text);
}
