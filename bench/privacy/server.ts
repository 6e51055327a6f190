/**
 * What lies beyond the subjects, as a process of its own: operators (DoT upstreams over the same world), and
 * before each operator as many recording relays as there are lanes. A relay passes octets on and notes what an
 * observer on the path can: when a TLS record passed, in which direction, how long it was.
 *
 * Started by `fork` with a `Setup` as JSON; answers `Command`s.
 */
import { createServer, connect, type AddressInfo, type Socket } from "node:net";
import { OptionCode } from "../../src/wire/codes.ts";
import { isFault, readMessage } from "../../src/wire/read-message.ts";
import { LabAuthority } from "../../test/lab/authority.ts";
import { startDotUpstream, type DotUpstream } from "../../test/lab/dot-upstream.ts";
import { AUTH_NAME, createPki } from "../../test/lab/pki.ts";
import { buildTree } from "../../test/lab/tree.ts";
import { SeededRandom } from "../../test/support/seeded-random.ts";
import { makeWeb } from "./web.ts";
import { worldZones } from "./world.ts";

export interface Setup {
  readonly sites: number;
  readonly operators: number;
  readonly lanes: number;
  /** Milliseconds: the least an answer takes, and how much more on average. */
  readonly delay: number;
  readonly jitter: number;
}

export interface Ready {
  readonly authName: string;
  readonly caPem: string;
  readonly trustAnchors: readonly string[];
  /** Ports of relays: by operator, then by lane. */
  readonly ports: readonly (readonly number[])[];
}

/** One TLS record of application data: milliseconds, and octets with a sign: positive toward the upstream. */
export type Sighting = readonly [at: number, size: number];

export type Command =
  | { readonly do: "watch"; readonly lane: number }
  | { readonly do: "trace"; readonly lane: number }
  | { readonly do: "received" };

/** Octets of queries in hexadecimal, by operator. */
export type Received = readonly (readonly string[])[];

const APPLICATION_DATA = 23;
const RECORD_HEADER_OCTETS = 5;
/** RFC 8467 §4.1 (2): responses to padded queries. */
const RESPONSE_BLOCK = 468;

const setup = JSON.parse(process.argv[2] ?? "{}") as Setup;
const sightings: Sighting[][] = Array.from({ length: setup.lanes }, () => []);
const watched = new Set<number>();

const pki = createPki();
const tree = buildTree(worldZones(makeWeb(setup.sites), Date.now()));
const padding = new LabAuthority(tree, { padTo: RESPONSE_BLOCK });
const bare = new LabAuthority(tree);
const operators: DotUpstream[] = [];
const ports: number[][] = [];
for (let operator = 0; operator < setup.operators; operator++) {
  const random = new SeededRandom(operator + 1);
  const upstream = await startDotUpstream({
    leaf: pki.good,
    answer: (query) => (isPadded(query) ? padding : bare).respond(query),
    behaviour: { delayMs: () => setup.delay - Math.log((random.below(65_535) + 1) / 65_536) * setup.jitter },
  });
  operators.push(upstream);
  ports.push(await Promise.all(sightings.map((_, lane) => startRelay(upstream.port, lane))));
}

process.on("message", (command: Command) => {
  process.send?.(obey(command));
});
process.on("disconnect", () => process.exit(0));
const ready: Ready = { authName: AUTH_NAME, caPem: pki.caPem, trustAnchors: tree.anchors, ports };
process.send?.(ready);

function obey(command: Command): unknown {
  switch (command.do) {
    case "watch":
      sightings[command.lane] = [];
      watched.add(command.lane);
      return true;
    case "trace":
      watched.delete(command.lane);
      return sightings[command.lane];
    case "received":
      return operators.map(({ received }) => received.splice(0).map(({ octets }) => octets.toString("hex")));
  }
}

/** RFC 7830 §4: "Responders MUST pad DNS responses when the respective DNS query included the Padding option". */
function isPadded(query: Buffer): boolean {
  const message = readMessage(query);
  if (isFault(message)) return false;
  return message.edns?.options.some(({ code }) => code === OptionCode.PADDING) ?? false;
}

async function startRelay(upstreamPort: number, lane: number): Promise<number> {
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port: upstreamPort, host: "127.0.0.1", noDelay: true });
    pass(client, upstream, 1, lane);
    pass(upstream, client, -1, lane);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

function pass(from: Socket, to: Socket, sign: 1 | -1, lane: number): void {
  const header = Buffer.alloc(RECORD_HEADER_OCTETS);
  let inHeader = 0;
  let inRecord = 0;
  from.on("data", (chunk: Buffer) => {
    for (let at = 0; at < chunk.length; ) {
      if (inRecord > 0) {
        const taken = Math.min(inRecord, chunk.length - at);
        inRecord -= taken;
        at += taken;
        continue;
      }
      header[inHeader++] = chunk[at++]!;
      if (inHeader < RECORD_HEADER_OCTETS) continue;
      inHeader = 0;
      inRecord = header.readUInt16BE(3);
      if (header[0] === APPLICATION_DATA && watched.has(lane)) {
        sightings[lane]?.push([performance.now(), sign * (inRecord + RECORD_HEADER_OCTETS)]);
      }
    }
    to.write(chunk);
  });
  from.on("end", () => to.end());
  from.on("error", () => to.destroy());
  from.on("close", () => to.destroy());
}
