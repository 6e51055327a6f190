#!/usr/bin/env node
/**
 * `npm start`: serves conf/sotto.toml on 127.0.0.1 port 5335, with the built-in public upstreams, and says
 * whether they can be reached from here. Ends with Ctrl-C.
 */
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { join } from "node:path";
import { ensureBuilt, ensureInstalled, root, shout } from "./lib/ready.mjs";

const PORT = 5335;
/** Milliseconds for the first answer: longer than one query may take. */
const PATIENCE_MS = 8_000;
/** Milliseconds between two tries: the program may still be starting. */
const RETRY_MS = 500;

/** ". NS IN", RD=1: a question that tells nobody anything. */
const QUERY = Buffer.from("5053010000010000000000000000020001", "hex");

ensureInstalled();
ensureBuilt();

const file = join(root, "conf", "sotto.toml");
const sotto = spawn(
  process.execPath,
  [join(root, "dist", "main.js"), "run", "-c", file, "-l", `127.0.0.1:${PORT}`, ...process.argv.slice(2)],
  // In a group of its own: a signal reaches it once, through the lines below.
  { stdio: ["ignore", "inherit", "inherit"], detached: true },
);
let hasEnded = false;
sotto.on("exit", (code, signal) => {
  hasEnded = true;
  process.exit(code ?? (signal === null ? 1 : 0));
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    sotto.kill(signal);
  });
}

const rcode = await askForRoot();
if (!hasEnded) tell(rcode);

function tell(rcode) {
  if (rcode === 0) {
    console.log(`
Sotto answers on 127.0.0.1 port ${PORT}, and its upstreams answer it. Try, in another terminal:

  dig @127.0.0.1 -p ${PORT} example.com
  node dist/main.js explain example.com
  http://127.0.0.1:9353/

Ctrl-C ends it.
`);
    return;
  }
  shout(
    `Sotto serves on 127.0.0.1 port ${PORT}, but no public upstream can be reached from here.`,
    "",
    "What to do:",
    "  - node dist/main.js doctor       tests each upstream and names the fault",
    "  - a firewall may block port 853: allow TCP to 9.9.9.9, 149.112.112.112 and 194.242.2.2",
    "  - use a DNS-over-TLS server of your own network: [[upstream.server]] in a file, then",
    "    node dist/main.js run -c FILE",
    "  - only Tor or a SOCKS5 proxy leads out: set upstream.proxy",
    "  - npm run demo                   shows everything without a network",
    "",
    "It goes on trying. Ctrl-C ends it.",
  );
}

/** Gives the RCODE of the first answer; `undefined` without one. */
async function askForRoot() {
  const socket = createSocket("udp4");
  // Nobody listens yet, or any more: the next try will tell.
  socket.on("error", () => undefined);
  const retry = setInterval(() => socket.send(QUERY, PORT, "127.0.0.1"), RETRY_MS);
  try {
    return await new Promise((resolve) => {
      setTimeout(resolve, PATIENCE_MS);
      socket.on("message", (response) => {
        resolve(response.length > 3 ? response[3] & 0x0f : undefined);
      });
    });
  } finally {
    clearInterval(retry);
    socket.close();
  }
}
