/**
 * How many clients may be connected, so that upstreams can be dialled at all times: a process that has given every
 * descriptor to its clients can ask nobody. Source: getrlimit(2), RLIMIT_NOFILE; proc_pid_limits(5).
 */
import { readdirSync, readFileSync } from "node:fs";
import type { Log } from "../ports/log.ts";

/** Share that clients may have of the descriptors the program does not hold itself; the rest is for upstreams. */
const CLIENTS_SHARE = 1 / 2;
/** Descriptors the program is still to open: two listeners an address, metrics, control, a file of state. */
const STILL_TO_OPEN = 8;

/** What Linux tells of this process. */
export interface Descriptors {
  /** `/proc/self/limits`; `undefined` elsewhere. */
  readonly limits: string | undefined;
  /** How many are open before the listeners are; 0 elsewhere. */
  readonly open: number;
}

/** `wished`, or less where the process may not open so many files; then the log says so. */
export function affordableClients(wished: number, { limits, open }: Descriptors, log: Log): number {
  const most = Number(/^Max open files +(\d+) /m.exec(limits ?? "")?.[1] ?? Number.POSITIVE_INFINITY);
  const affordable = Math.max(1, Math.floor((most - open - STILL_TO_OPEN) * CLIENTS_SHARE));
  if (wished <= affordable) return wished;
  log.warn(
    { clients: affordable, open_files: most },
    "listen.max_tcp_clients is more than this process may open: raise its limit of open files (LimitNOFILE=, ulimit -n)",
  );
  return affordable;
}

export function ownDescriptors(): Descriptors {
  try {
    return { limits: readFileSync("/proc/self/limits", "latin1"), open: readdirSync("/proc/self/fd").length };
  } catch {
    return { limits: undefined, open: 0 };
  }
}
