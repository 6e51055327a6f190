/**
 * The control socket of a running instance: a Unix socket of mode 0600 (a named pipe on Windows), so that who may
 * open it is decided by the system. Clients, lines and silence are bounded.
 */
import { chmodSync, lchownSync, lstatSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket, connect } from "node:net";
import { dirname } from "node:path";
import { MAX_SOCKET_PATH } from "../../config/places.ts";
import { makeDirectory, type Owner } from "../../directories.ts";
import { type Answer, type CommandName, type Handlers, LineReader, MAX_REQUEST_OCTETS } from "./protocol.ts";

/** Connections at one time; a ninth is closed at once. */
const MAX_CLIENTS = 8;
/** Requests of one connection that wait for an answer, or whose answer waits to be read. */
const MAX_WAITING = 16;
/** Milliseconds a client may be silent. */
const IDLE_TIMEOUT = 30_000;
/** Milliseconds to find out whether somebody answers at a socket file that is there already. */
const PROBE_TIMEOUT = 500;

export interface ControlServer {
  readonly path: string;
  close(): Promise<void>;
}

/** Why there is no control socket, for a log line. */
export class ControlUnavailable extends Error {
  override readonly name = "ControlUnavailable";
}

/**
 * Listens at `path`, for `owner` where this process will be that user soon. A socket file that nobody answers at is what a
 * killed instance left, and is replaced.
 * @throws {ControlUnavailable} where another instance answers there, or the file cannot be made.
 */
export async function openControlServer(
  path: string,
  handlers: Handlers,
  owner?: Owner,
): Promise<ControlServer> {
  const isPipe = path.startsWith("\\\\");
  if (!isPipe) await makeRoom(path, owner);
  // BOUNDED: by MAX_CLIENTS.
  const clients = new Set<Socket>();
  // Who has said all there is to say (`nc -N`) still gets the answer.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    if (clients.size >= MAX_CLIENTS) {
      socket.destroy();
      return;
    }
    clients.add(socket);
    socket.once("close", () => clients.delete(socket));
    serve(socket, handlers);
  });
  await listen(server, path, isPipe);
  // Else that user could neither ask the instance nor take the file away.
  if (!isPipe && owner !== undefined) lchownSync(path, owner.uid, owner.gid);
  return {
    path,
    close: () =>
      new Promise((resolve) => {
        for (const socket of clients) socket.destroy();
        server.close(() => {
          resolve();
        });
      }),
  };
}

function serve(socket: Socket, handlers: Handlers): void {
  const lines = new LineReader(MAX_REQUEST_OCTETS);
  let answered: Promise<void> = Promise.resolve();
  let waiting = 0;
  socket.setTimeout(IDLE_TIMEOUT, () => socket.destroy());
  socket.on("error", () => socket.destroy());
  socket.on("end", () => void answered.then(() => socket.end()));
  socket.on("data", (chunk) => {
    const requests = lines.push(chunk);
    waiting += requests?.length ?? 0;
    if (requests === undefined || waiting > MAX_WAITING) {
      socket.destroy();
      return;
    }
    for (const request of requests) {
      // In order, one after the other: a client cannot start more than one piece of work at a time.
      answered = answered.then(async () => {
        const answer = await answerTo(request, handlers);
        if (socket.destroyed) return;
        socket.write(`${JSON.stringify(answer)}\n`, () => {
          waiting--;
        });
      });
    }
  });
}

/** Never rejects: what goes wrong is an answer. */
async function answerTo(line: string, handlers: Handlers): Promise<Answer> {
  try {
    const { command, ...request } = objectFrom(line);
    if (typeof command !== "string" || !Object.hasOwn(handlers, command)) {
      return {
        ok: false,
        error: `the running instance does not know the command ${JSON.stringify(command)}`,
      };
    }
    const handler = handlers[command as CommandName] as (request: object) => Promise<unknown>;
    return { ok: true, result: await handler(request) };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}

function objectFrom(line: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(line);
  if (typeof value !== "object" || value === null) throw new Error("a request must be a JSON object");
  return value as Record<string, unknown>;
}

/** Makes the directory, and takes away what an instance left that did not end properly. */
async function makeRoom(path: string, owner: Owner | undefined): Promise<void> {
  // What is longer would be cut off in silence, and the socket made under another name.
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH) {
    const text = `${path} is longer than the ${MAX_SOCKET_PATH} octets of a socket's path: set control.socket to a shorter one`;
    throw new ControlUnavailable(text);
  }
  try {
    makeDirectory(dirname(path), owner);
  } catch (error) {
    const code = String((error as NodeJS.ErrnoException).code);
    const text = `cannot make the directory of ${path} (${code}): set control.socket to another file`;
    throw new ControlUnavailable(text, { cause: error });
  }
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) return;
  if (!there.isSocket()) {
    throw new ControlUnavailable(`${path} is there and is no socket: set control.socket to another file`);
  }
  if (await isAnswered(path)) {
    throw new ControlUnavailable(`another instance answers at ${path}: set control.socket to another file`);
  }
  rmSync(path, { force: true });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.setTimeout(PROBE_TIMEOUT, () => {
      end(true);
    });
    socket.once("connect", () => {
      end(true);
    });
    socket.once("error", () => {
      end(false);
    });
  });
}

function listen(server: Server, path: string, isPipe: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    // The file is never there with more rights than these, not even for a moment.
    const mask = isPipe ? undefined : process.umask(0o177);
    server.once("error", (error) => {
      reject(new ControlUnavailable(`cannot listen at ${path}: ${error.message}`, { cause: error }));
    });
    server.listen(path, () => {
      server.removeAllListeners("error");
      server.on("error", () => undefined);
      if (!isPipe) chmodSync(path, 0o600);
      resolve();
    });
    if (mask !== undefined) process.umask(mask);
  });
}
