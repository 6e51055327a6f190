/** A fault in the middle of steady traffic: what clients saw before, in its first second, and after that. */
import type { DotUpstream } from "../lab/dot-upstream.ts";
import { type Figures, figuresOf, type LoadClient, printRow } from "./load.ts";

export interface Rehearsal {
  readonly normal: Figures;
  readonly first: Figures;
  readonly after: Figures;
}

/** Queries a second. */
const RATE = 100;

/** `seconds` of traffic before the fault, and as many after its first second. */
export async function rehearse(
  client: LoadClient,
  what: string,
  seconds: number,
  befall: () => void | Promise<void>,
): Promise<Rehearsal> {
  // Connections are made, and their round trips measured.
  await client.ask({ count: RATE, rate: RATE });
  const normal = figuresOf(await client.ask({ count: RATE * seconds, rate: RATE }));
  await befall();
  // Nobody waits for the first second's answers before asking on.
  const firstSecond = client.ask({ count: RATE, rate: RATE });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const after = figuresOf(await client.ask({ count: RATE * seconds, rate: RATE }));
  const first = figuresOf(await firstSecond);
  printRow(`${what}: before`, normal);
  printRow(`${what}: first second`, first);
  printRow(`${what}: after`, after);
  return { normal, first, after };
}

/** The server that got most of the queries of the last half second. */
export function inUse(servers: readonly DotUpstream[]): DotUpstream {
  const lately = (server: DotUpstream): number =>
    server.received.filter(({ at }) => at > performance.now() - 500).length;
  const [busiest] = [...servers].sort((a, b) => lately(b) - lately(a));
  if (busiest === undefined) throw new Error("no server");
  return busiest;
}

/** What may befall a server of this process while it is in use. */
export const FAULTS: Readonly<Record<string, (server: DotUpstream) => void | Promise<void>>> = {
  "refuses, its connections reset": async (server) => {
    await server.stop();
  },
  "accepts TCP, and never answers the handshake": (server) => {
    server.setBehaviour({ stallHandshake: true });
    server.endConnections("rst");
  },
  "accepts TLS, and never answers a query": (server) => {
    server.setBehaviour({ silent: true });
    server.endConnections("close-notify");
  },
  "stops answering in the middle of a connection": (server) => {
    server.setBehaviour({ silent: true });
  },
  "stops answering, and accepts no more": (server) => {
    server.setBehaviour({ silent: true, stallHandshake: true });
  },
  "answers SERVFAIL": (server) => {
    server.setBehaviour({ rcode: 2 });
  },
  "answers REFUSED": (server) => {
    server.setBehaviour({ rcode: 5 });
  },
};
