/** A process that systemd would start: answers on the sockets it was given, at once or `later`, until its input ends. */
import { Admission } from "../../src/listen/admission.ts";
import { createDrops, createRefused } from "../../src/listen/drops.ts";
import { Listeners, openListeners } from "../../src/listen/listeners.ts";
import { activatedSockets } from "../../src/listen/socket-activation.ts";
import { echo, later } from "./handlers.ts";
import { ManualClock } from "./manual-clock.ts";
import { SilentLog } from "./silent-log.ts";

const clock = new ManualClock();
const listeners = await openListeners(
  {
    addresses: [],
    activated: activatedSockets(process.env, process.pid),
    tcp: { maxClients: 10, maxPerClient: 10, idleTimeout: 10_000 },
    batchIo: process.argv[2] === "off" ? "off" : "auto",
    sharePort: false,
  },
  {
    handler: process.argv[3] === "later" ? later : echo,
    admission: new Admission({ allow: ["127.0.0.1"], rateLimit: 0 }, { clock }),
    drops: createDrops(),
    refused: createRefused(),
    clock,
    log: new SilentLog(),
    interfaces: () => ({}),
  },
);
process.stdout.write(`${JSON.stringify(listeners instanceof Listeners ? listeners.sockets : listeners)}\n`);
process.stdin.on("end", () => process.exit(0)).resume();
