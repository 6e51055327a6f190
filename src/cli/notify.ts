/**
 * Tells the service manager how far we are: READY=1, RELOADING=1, STOPPING=1, WATCHDOG=1.
 *
 * Node has no Unix datagrams. koffi sends them where it is installed; else `systemd-notify` does, which the unit has
 * to allow with NotifyAccess=all. A service manager that cannot be told is no reason not to serve.
 *
 * Source: sd_notify(3), sd_watchdog_enabled(3).
 */
import { createRequire } from "node:module";
import type { Log } from "../ports/log.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface Notifier {
  notify(state: string): void;
  /** Ends the watchdog. */
  close(): void;
}

/** From <sys/socket.h> of Linux. */
const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0x80000;
const MSG_NOSIGNAL = 0x4000;

const SILENT: Notifier = { notify: () => undefined, close: () => undefined };

/** Does nothing where there is no service manager. */
export function openNotifier(env: Environment, pid: number, log: Log): Notifier {
  const address = env["NOTIFY_SOCKET"];
  if (address === undefined || !/^[/@]/.test(address)) return SILENT;
  const send = senderByKoffi(address) ?? senderByProgram(pid, log);
  const period = watchdogPeriod(env, pid);
  const timer =
    period === undefined
      ? undefined
      : setInterval(() => {
          send("WATCHDOG=1");
        }, period);
  timer?.unref();
  return {
    notify: send,
    close: () => {
      clearInterval(timer);
    },
  };
}

/** Milliseconds between signs of life: half of what the service manager waits for. */
function watchdogPeriod(env: Environment, pid: number): number | undefined {
  const microseconds = Number(env["WATCHDOG_USEC"]);
  const meant = env["WATCHDOG_PID"];
  if (!(microseconds > 0) || (meant !== undefined && Number(meant) !== pid)) return undefined;
  return microseconds / 2_000;
}

interface Libc {
  socket(family: number, type: number, protocol: number): number;
  sendto(fd: number, octets: Buffer, length: number, flags: number, to: Buffer, toLength: number): number;
  close(fd: number): number;
}

/** One datagram a state; `undefined` where koffi or glibc is not there. */
function senderByKoffi(address: string): ((state: string) => void) | undefined {
  try {
    const koffi = createRequire(import.meta.filename)("koffi") as {
      load(library: string): { func(prototype: string): unknown };
    };
    const library = koffi.load("libc.so.6");
    const libc = {
      socket: library.func("int socket(int, int, int)"),
      sendto: library.func("long sendto(int, const void *, size_t, int, const void *, uint32_t)"),
      close: library.func("int close(int)"),
    } as Libc;
    const to = socketName(address);
    return (state) => {
      const fd = libc.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
      if (fd < 0) return;
      const octets = Buffer.from(state);
      libc.sendto(fd, octets, octets.length, MSG_NOSIGNAL, to, to.length);
      libc.close(fd);
    };
  } catch {
    return undefined;
  }
}

/** `struct sockaddr_un`: a path, or with "@" a name in the abstract namespace, which begins with 0. */
function socketName(address: string): Buffer {
  const family = Buffer.alloc(2);
  family.writeUInt16LE(AF_UNIX);
  const isAbstract = address.startsWith("@");
  const path = isAbstract ? `\0${address.slice(1)}` : `${address}\0`;
  return Buffer.concat([family, Buffer.from(path)]);
}

/** One state after the other: each is a process of its own, and these would overtake one another. */
function senderByProgram(pid: number, log: Log): (state: string) => void {
  // BOUNDED: by the states told, of which a service manager that hangs sees a few a second at most.
  let last: Promise<void> = Promise.resolve();
  return (state) => {
    last = last.then(() => tellByProgram(state, pid, log));
  };
}

/** Ends when the program has, however it does. */
async function tellByProgram(state: string, pid: number, log: Log): Promise<void> {
  const { spawn } = await import("node:child_process");
  const child = spawn("systemd-notify", [`--pid=${pid}`, ...state.split("\n")], { stdio: "ignore" });
  await new Promise<void>((resolve) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      log.warn(
        { code: error.code },
        "the service manager cannot be told: koffi and systemd-notify are both missing",
      );
      resolve();
    });
    child.once("exit", () => {
      resolve();
    });
  });
}
