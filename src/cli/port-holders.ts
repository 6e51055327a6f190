/**
 * Who holds a port that we wanted, for the message about it: for certain where the system lets us see, else a guess
 * from the names of the programs that usually have port 53.
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** What can be seen of other processes; the real one is `/proc` of Linux. */
export interface Processes {
  /** Numbers of all processes. */
  list(): readonly string[];
  /** The name of one, cut to 15 characters by the kernel. */
  name(pid: string): string;
  /** What its descriptors point at; empty where we may not see. */
  descriptors(pid: string): readonly string[];
  /** Inodes of the sockets bound to a port. */
  socketsAt(port: number): ReadonlySet<string>;
}

const REMEDIES: Readonly<Record<string, string>> = {
  "systemd-resolve": "see DNSStubListener= in resolved.conf(5)",
  dnsmasq: "give it another port (port=5353), or let it forward to Sotto (server=127.0.0.1#5335)",
  unbound: "sudo systemctl disable --now unbound",
  named: "sudo systemctl disable --now named",
  kresd: "sudo systemctl disable --now kresd@1",
  stubby: "sudo systemctl disable --now stubby",
  dnscrypt: "sudo systemctl disable --now dnscrypt-proxy",
  dnsdist: "sudo systemctl disable --now dnsdist",
  coredns: "stop it, or give it another port",
  "pihole-FTL": "let it keep the port, with Sotto on another one as its upstream (127.0.0.1#5335)",
  AdGuardHome: "let it keep the port, with Sotto on another one as its upstream (127.0.0.1:5335)",
  sotto: "sotto stats shows what it does, sudo systemctl stop sotto ends it",
};

/** Lines such as `unbound (process 812) holds port 53: sudo systemctl disable --now unbound`. */
export function portHolderHints(port: number, processes: Processes = PROC): string[] {
  const pids = processes.list().filter((pid) => Number(pid) !== process.pid);
  const sockets = processes.socketsAt(port);
  const holders = pids.filter((pid) => processes.descriptors(pid).some((target) => sockets.has(target)));
  if (holders.length > 0) return holders.map((pid) => line(pid, processes.name(pid), `holds port ${port}`));
  if (port !== 53) return [];
  const suspects = pids.filter((pid) => remedyFor(processes.name(pid)) !== undefined);
  return suspects.map((pid) => line(pid, processes.name(pid), "may hold it"));
}

function line(pid: string, name: string, what: string): string {
  const remedy = remedyFor(name);
  return `${name} (process ${pid}) ${what}${remedy === undefined ? "" : `: ${remedy}`}`;
}

function remedyFor(name: string): string | undefined {
  return REMEDIES[Object.keys(REMEDIES).find((known) => name.startsWith(known)) ?? ""];
}

const PROC: Processes = {
  list: () => attempt(() => readdirSync("/proc").filter((name) => /^\d+$/.test(name)), []),
  name: (pid) => attempt(() => readFileSync(`/proc/${pid}/comm`, "utf8").trim(), ""),
  descriptors: (pid) => {
    const folder = `/proc/${pid}/fd`;
    const fds = attempt(() => readdirSync(folder), []);
    return fds.map((fd) => attempt(() => readlinkSync(`${folder}/${fd}`), ""));
  },
  socketsAt: (port) => {
    const tables = ["udp", "udp6", "tcp", "tcp6"].map((name) =>
      attempt(() => readFileSync(`/proc/net/${name}`, "utf8"), ""),
    );
    return new Set(tables.flatMap((table) => socketsIn(table, port)));
  },
};

/** Of `/proc/net/udp` and its like (proc(5)): the local address ends in the port, the tenth column is the inode. */
function socketsIn(table: string, port: number): string[] {
  const ending = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return table
    .split("\n")
    .map((row) => row.trim().split(/\s+/))
    .filter((columns) => columns[1]?.endsWith(ending) === true)
    .map((columns) => `socket:[${columns[9]}]`);
}

function attempt<Value>(read: () => Value, otherwise: Value): Value {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
