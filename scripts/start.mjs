#!/usr/bin/env node
/**
 * `npm start`: serves conf/sotto.toml on 127.0.0.1 port 5335, with the built-in public upstreams, and says
 * whether they can be reached from here. Ends with Ctrl-C.
 */
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureBuilt, ensureInstalled, root, shout } from "./lib/ready.mjs";

const PORT = 5335;
/** Milliseconds for the first answer: longer than one query may take. */
const PATIENCE_MS = 8_000;

ensureInstalled();
ensureBuilt();

const folder = mkdtempSync(join(tmpdir(), "sotto-start-"));
process.on("exit", () => {
  rmSync(folder, { recursive: true, force: true });
});
const file = join(folder, "sotto.toml");
writeFileSync(file, onThisPort(readFileSync(join(root, "conf", "sotto.toml"), "utf8")));

const sotto = spawn(
  process.execPath,
  [join(root, "dist", "main.js"), "run", "-c", file, ...process.argv.slice(2)],
  {
    stdio: ["ignore", "pipe", "inherit"],
    // In a group of its own: a signal reaches it once, through the lines below.
    detached: true,
    env: { ...process.env, FORCE_COLOR: process.stdout.isTTY ? "1" : "0" },
  },
);
let isReady = false;
sotto.stdout.on("data", (chunk) => {
  process.stdout.write(chunk);
  if (isReady || !/\bready\b/.test(chunk.toString())) return;
  isReady = true;
  void tellReachability();
});
sotto.on("exit", (code, signal) => {
  process.exit(code ?? (signal === null ? 1 : 0));
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    sotto.kill(signal);
  });
}

/** The annotated file with the one line changed that an ordinary user may not bind. */
function onThisPort(text) {
  const changed = text.replace(
    /^#?\s*addresses = \["127\.0\.0\.1:53".*$/m,
    `addresses = ["127.0.0.1:${PORT}"]`,
  );
  // Its stdout is a pipe to here, whatever ours is.
  const format = process.stdout.isTTY ? "pretty" : "json";
  if (changed !== text) return changed.replace(/^format = "auto"/m, `format = "${format}"`);
  shout("conf/sotto.toml has no `addresses` line that this script knows how to change");
  process.exit(1);
}

async function tellReachability() {
  const rcode = await askForRoot();
  if (rcode === 0) {
    console.log(`
Sotto answers on 127.0.0.1 port ${PORT}, and its upstreams answer it. Try, in another terminal:

  dig @127.0.0.1 -p ${PORT} example.com
  node dist/main.js explain example.com
  http://127.0.0.1:9353/
`);
    return;
  }
  shout(
    `Sotto serves on 127.0.0.1 port ${PORT}, but no public upstream can be reached from here${rcode === undefined ? "" : " (it answers SERVFAIL)"}.`,
    "",
    "What to do:",
    "  - node dist/main.js doctor       tests each upstream and names the fault",
    "  - a firewall may block port 853: allow TCP to 9.9.9.9, 149.112.112.112 and 194.242.2.2",
    "  - use a DNS-over-TLS server of your own network: [[upstream.server]] in a file, then",
    "    node dist/main.js run -c FILE",
    "  - only Tor or a SOCKS5 proxy leads out: set upstream.proxy",
    "  - npm run demo                   shows everything without a network",
  );
}

/** Asks for the name servers of the root, a question that tells nobody anything. Gives the RCODE. */
async function askForRoot() {
  const query = Buffer.from("5053010000010000000000000000020001", "hex");
  const socket = createSocket("udp4");
  try {
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
      socket.on("error", reject);
      socket.on("message", (response) => {
        clearTimeout(timer);
        resolve(response.length > 3 ? response[3] & 0x0f : undefined);
      });
      socket.send(query, PORT, "127.0.0.1");
    });
  } finally {
    socket.close();
  }
}
