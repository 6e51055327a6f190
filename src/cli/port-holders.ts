/**
 * Programs on this machine that usually hold port 53, with what to do about each. A guess from their names in
 * `/proc`, for the message when a port is taken: who really holds it, only root may see.
 */
import { readdirSync, readFileSync } from "node:fs";

const REMEDIES: Readonly<Record<string, string>> = {
  "systemd-resolve": "it holds 127.0.0.53 only, unless DNSStubListenerExtra= says more; see resolved.conf(5)",
  dnsmasq: "on a router give it another port (port=5353) or let it forward to Sotto (server=127.0.0.1#5335)",
  unbound: "sudo systemctl disable --now unbound",
  named: "sudo systemctl disable --now named",
  kresd: "sudo systemctl disable --now kresd@1",
  stubby: "sudo systemctl disable --now stubby",
  dnscrypt: "sudo systemctl disable --now dnscrypt-proxy",
  dnsdist: "sudo systemctl disable --now dnsdist",
  coredns: "stop it, or give it another port",
  "pihole-FTL": "let it keep port 53 and use Sotto on another port as its upstream (127.0.0.1#5335)",
  AdGuardHome: "let it keep port 53 and use Sotto on another port as its upstream (127.0.0.1:5335)",
  avahi: "it holds port 5353 only",
  sotto: "another Sotto is running: sotto stats, or sudo systemctl stop sotto",
};

/** Lines such as `unbound runs here (process 812): sudo systemctl disable --now unbound`. */
export function portHolderHints(
  files: { list(): readonly string[]; name(pid: string): string } = PROC,
): string[] {
  // BOUNDED: by REMEDIES.
  const seen = new Set<string>();
  return files.list().flatMap((pid) => {
    const name = files.name(pid);
    const known = Object.keys(REMEDIES).find((program) => name.startsWith(program));
    if (known === undefined || seen.has(known) || Number(pid) === process.pid) return [];
    seen.add(known);
    return [`${name} runs here (process ${pid}): ${REMEDIES[known]}`];
  });
}

const PROC = {
  list: (): readonly string[] => attempt(() => readdirSync("/proc").filter((name) => /^\d+$/.test(name)), []),
  name: (pid: string): string => attempt(() => readFileSync(`/proc/${pid}/comm`, "utf8").trim(), ""),
};

function attempt<Value>(read: () => Value, otherwise: Value): Value {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
