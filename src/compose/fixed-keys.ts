/** What a running process cannot change: bound sockets are kept, rights given up do not come back. */
import type { Config } from "../config/config.ts";

const FIXED: Readonly<Record<string, (config: Config) => unknown>> = {
  "listen.addresses": ({ listen }) => listen.addresses,
  "listen.max_tcp_clients": ({ listen }) => listen.maxTcpClients,
  "listen.tcp_idle_timeout": ({ listen }) => listen.tcpIdleTimeout,
  "listen.batch_io": ({ listen }) => listen.batchIo,
  "listen.workers": ({ listen }) => listen.workers,
  "listen.user": ({ listen }) => listen.user,
  "cache.file": ({ cache }) => cache.file,
  "metrics.address": ({ metrics }) => metrics.address,
  "control.socket": ({ control }) => control.socket,
  "log.format": ({ log }) => log.format,
  "log.queries": ({ log }) => log.queries,
};

/** Keys, as the file spells them, that differ and hold only after a restart. */
export function changesThatNeedRestart(before: Config, after: Config): string[] {
  return Object.entries(FIXED)
    .filter(([, valueOf]) => JSON.stringify(valueOf(before)) !== JSON.stringify(valueOf(after)))
    .map(([key]) => key);
}
