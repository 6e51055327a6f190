#!/usr/bin/env node
/**
 * `npm run demo`: needs Node and npm, and no network once packages are there. Starts a lab (a tree of signed
 * zones behind a DNS-over-TLS server, made on the spot) and the real resolver in front of it, explains a few
 * lookups, and serves until Ctrl-C. `npm run demo -- --once` ends by itself.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ensureBuilt, ensureInstalled, root } from "./lib/ready.mjs";

ensureInstalled();
ensureBuilt();

const demo = spawn(
  process.execPath,
  ["--import", "tsx", join(root, "scripts", "demo", "main.ts"), ...process.argv.slice(2)],
  { cwd: root, stdio: "inherit" },
);
// Ctrl-C reaches the whole group: the demo ends in good order, and this waits for it.
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    if (signal === "SIGTERM") demo.kill(signal);
  });
}
demo.on("exit", (code) => {
  process.exit(code ?? 0);
});
