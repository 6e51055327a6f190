/**
 * How many clients may be connected, so that upstreams can be dialled at all times: a process that has given every
 * descriptor to its clients can ask nobody. Source: getrlimit(2), RLIMIT_NOFILE; proc_pid_limits(5).
 */
import { readFileSync } from "node:fs";
import type { Log } from "../ports/log.ts";

/** Share of all descriptors that clients may have: the rest is for upstreams, files and Node itself. */
const CLIENTS_SHARE = 1 / 2;

/** `wished`, or less where the process may not open so many files; then the log says so. */
export function affordableClients(wished: number, limits: string | undefined, log: Log): number {
  const open = Number(/^Max open files +(\d+) /m.exec(limits ?? "")?.[1] ?? Number.POSITIVE_INFINITY);
  const affordable = Math.max(1, Math.floor(open * CLIENTS_SHARE));
  if (wished <= affordable) return wished;
  log.warn(
    { clients: affordable, open_files: open },
    "listen.max_tcp_clients is more than this process may open: raise its limit of open files (LimitNOFILE=, ulimit -n)",
  );
  return affordable;
}

/** The limits of this process as Linux tells them; `undefined` elsewhere. */
export function processLimits(): string | undefined {
  try {
    return readFileSync("/proc/self/limits", "latin1");
  } catch {
    return undefined;
  }
}
