/**
 * Sockets that systemd has opened for us (socket activation): how many they are, and what each one is.
 *
 * The environment says only how many descriptors there are, from 3 on. Their kind is found where Linux
 * lists its sockets: node can wrap a UDP descriptor only if told its family beforehand.
 *
 * Source: sd_listen_fds(3).
 */
import { readFileSync, readlinkSync } from "node:fs";

export interface ActivatedSocket {
  readonly fd: number;
  readonly transport: "udp" | "tcp";
  readonly family: 4 | 6;
  /** From `FileDescriptorName=`; `""` where there is none. */
  readonly name: string;
}

/** How this module looks at the system; the real one is `procFiles`. */
export interface ProcFiles {
  /** Where `/proc/self/fd/N` points: `socket:[INODE]`. */
  readlink(path: string): string;
  read(path: string): string;
}

export const procFiles: ProcFiles = {
  readlink: (path) => readlinkSync(path),
  read: (path) => readFileSync(path, "latin1"),
};

/** First descriptor passed: `SD_LISTEN_FDS_START`. */
const FIRST_FD = 3;
/** A bound on what the environment may claim. */
const MAX_FDS = 256;

const TABLES = [
  { path: "/proc/self/net/udp", transport: "udp", family: 4 },
  { path: "/proc/self/net/udp6", transport: "udp", family: 6 },
  { path: "/proc/self/net/tcp", transport: "tcp", family: 4 },
  { path: "/proc/self/net/tcp6", transport: "tcp", family: 6 },
] as const;

/**
 * The sockets passed to this process; none where the variables are absent or meant for another process.
 * Descriptors that are no UDP or TCP socket are left out.
 */
export function activatedSockets(
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
  files: ProcFiles = procFiles,
): ActivatedSocket[] {
  if (Number(env["LISTEN_PID"]) !== pid) return [];
  const count = Number(env["LISTEN_FDS"]);
  if (!Number.isInteger(count) || count < 1 || count > MAX_FDS) return [];
  const names = (env["LISTEN_FDNAMES"] ?? "").split(":");
  const kinds = socketKinds(files);
  const sockets: ActivatedSocket[] = [];
  for (let index = 0; index < count; index++) {
    const fd = FIRST_FD + index;
    const kind = kinds.get(inodeOf(fd, files));
    if (kind !== undefined) sockets.push({ fd, ...kind, name: names[index] ?? "" });
  }
  return sockets;
}

type Kind = Pick<ActivatedSocket, "transport" | "family">;

/** Each socket of this network namespace by inode. */
function socketKinds(files: ProcFiles): Map<string, Kind> {
  const kinds = new Map<string, Kind>();
  for (const { path, transport, family } of TABLES) {
    for (const line of attempt(() => files.read(path))
      .split("\n")
      .slice(1)) {
      const inode = line.trim().split(/\s+/u)[INODE_COLUMN];
      if (inode !== undefined) kinds.set(inode, { transport, family });
    }
  }
  return kinds;
}

/** Of `/proc/net/udp` and its like, proc(5). */
const INODE_COLUMN = 9;

function inodeOf(fd: number, files: ProcFiles): string {
  return /^socket:\[(\d+)\]$/u.exec(attempt(() => files.readlink(`/proc/self/fd/${fd}`)))?.[1] ?? "";
}

/** `""` where the file is not there: no IPv6, or not Linux. */
function attempt(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}
