/** This machine, as `sotto doctor` looks at it. */
import { createSocket } from "node:dgram";
import { accessSync, constants, readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { dirname } from "node:path";
import type { SocketAddress } from "../../config/addresses.ts";
import { portHolderHints } from "../port-holders.ts";
import type { CheckupHost } from "./checkup.ts";

/** Milliseconds for an answer: the question needs no upstream. */
const PATIENCE = 1_000;

/** `version.bind. CH TXT`, which any server answers or refuses by itself. */
const QUESTION = Buffer.from("534f000000010000000000000776657273696f6e0462696e640000100003", "hex");

export const checkupHost: CheckupHost = {
  read: (path) => {
    try {
      return readFileSync(path, "utf8");
    } catch {
      return undefined;
    }
  },
  unwritable,
  ask: (transport, address) => (transport === "udp" ? askUdp(address) : askTcp(address)),
  bindTrouble: async (address) => (await bindUdp(address)) ?? (await bindTcp(address)),
  holders: portHolderHints,
};

/** The first directory above that is there decides: the rest would be made. */
function unwritable(path: string): string | undefined {
  for (let directory = path; ; directory = dirname(directory)) {
    try {
      accessSync(directory, constants.W_OK);
      return undefined;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT" || directory === dirname(directory)) return code ?? "unknown";
    }
  }
}

function hostOf({ ip, scope }: SocketAddress): string {
  return scope === undefined ? ip : `${ip}%${scope}`;
}

function askUdp(address: SocketAddress): Promise<number | undefined> {
  return new Promise((resolve) => {
    const since = performance.now();
    const socket = createSocket(address.family === 4 ? "udp4" : "udp6");
    const end = (milliseconds: number | undefined): void => {
      clearTimeout(timer);
      socket.close();
      resolve(milliseconds);
    };
    const timer = setTimeout(() => {
      end(undefined);
    }, PATIENCE);
    socket.once("message", () => {
      end(performance.now() - since);
    });
    socket.once("error", () => {
      end(undefined);
    });
    // Connected, so that a port nobody listens on is known at once. A network that is not there is told to the listener
    // as an argument, which Node's types leave out, and then nothing can be sent.
    socket.connect(address.port, hostOf(address), (fault?: Error) => {
      if (fault === undefined) socket.send(QUESTION);
      else end(undefined);
    });
  });
}

function askTcp(address: SocketAddress): Promise<number | undefined> {
  return new Promise((resolve) => {
    const since = performance.now();
    const socket = connect(address.port, hostOf(address));
    const end = (milliseconds: number | undefined): void => {
      socket.destroy();
      resolve(milliseconds);
    };
    socket.setTimeout(PATIENCE, () => {
      end(undefined);
    });
    socket.once("data", () => {
      end(performance.now() - since);
    });
    socket.once("close", () => {
      end(undefined);
    });
    socket.once("error", () => {
      end(undefined);
    });
    const length = Buffer.alloc(2);
    length.writeUInt16BE(QUESTION.length);
    socket.write(Buffer.concat([length, QUESTION]));
  });
}

function bindUdp(address: SocketAddress): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(address.family === 4 ? { type: "udp4" } : { type: "udp6", ipv6Only: true });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      socket.close();
      resolve(error.code ?? "unknown");
    });
    socket.bind({ port: address.port, address: hostOf(address), exclusive: true }, () => {
      socket.close();
      resolve(undefined);
    });
  });
}

function bindTcp(address: SocketAddress): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      resolve(error.code ?? "unknown");
    });
    server.listen(
      { port: address.port, host: hostOf(address), ipv6Only: address.family === 6, exclusive: true },
      () => {
        server.close();
        resolve(undefined);
      },
    );
  });
}
