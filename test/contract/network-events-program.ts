/** Runs commands that change a network of its own, and prints whether each was told of. */
import { execSync } from "node:child_process";
import { loadLinuxSockets } from "../../src/listen/linux-sockets.ts";
import { NetworkEvents } from "../../src/listen/network-events.ts";

const sockets = loadLinuxSockets();
const events = typeof sockets === "string" ? undefined : NetworkEvents.open(sockets);
if (events === undefined) throw new Error("no events here");
process.stdout.write(`at the start: ${events.any()}\n`);
for (const command of process.argv.slice(2)) {
  execSync(command);
  process.stdout.write(`${command}: ${events.any()}\n`);
}
events.close();
