/** What a service manager is told (`NOTIFY_SOCKET`). */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { outputUntil, temporaryFolder } from "../support/command.ts";
import { PROGRAM } from "../support/program.ts";
import { findProgram } from "../support/programs.ts";

const { folder, fileWith } = temporaryFolder();

describe("the service manager", () => {
  const python = findProgram("python3");

  it.skipIf(python === undefined)("is told when the program is ready, reloads and stops", async () => {
    const path = join(folder, "notify.sock");
    const receiver = spawn(python ?? "", ["-c", RECEIVER, path], { stdio: ["ignore", "pipe", "inherit"] });
    await outputUntil(receiver, /listening/);
    const file = fileWith(
      "notify.toml",
      `[listen]\naddresses = ["127.0.0.1:0"]\n[metrics]\naddress = ""\n[control]\nsocket = "${folder}/notify-control.sock"\n`,
    );
    const child = spawn(process.execPath, [PROGRAM, "run", "-c", file], {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, NOTIFY_SOCKET: path, WATCHDOG_USEC: "100000" },
    });

    const ready = await outputUntil(receiver, /READY=1\n.*WATCHDOG=1/s);
    // By a system call of our own: systemd-notify would give the PID along.
    expect(ready).not.toContain("MAINPID");
    child.kill("SIGHUP");
    await outputUntil(receiver, /RELOADING=1 MONOTONIC_USEC=\d+\n.*READY=1/s);
    child.kill("SIGTERM");
    await outputUntil(receiver, /STOPPING=1/);
    receiver.kill();
  });
});

/** Prints each datagram in a line. */
const RECEIVER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("listening", flush=True)
while True:
    print(s.recv(4096).decode().replace("\\n", " "), flush=True)
`;
