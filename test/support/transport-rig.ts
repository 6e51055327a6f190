/** The resolver before lab upstreams that answer numbered names: where faults of the transport are rehearsed. */
import type { Behaviour } from "../lab/behaviour.ts";
import { startDotUpstream, type DotUpstream } from "../lab/dot-upstream.ts";
import { AUTH_NAME, createPki } from "../lab/pki.ts";
import { writeFileSync } from "node:fs";
import { LoadClient } from "./load.ts";
import { numberedAnswer } from "../lab/numbered.ts";
import { type RunningApp, startApp } from "./running-app.ts";

export interface RigServer {
  readonly operator: string;
  readonly addresses: readonly string[];
}

export interface Rig {
  readonly app: RunningApp;
  readonly client: LoadClient;
  close(): Promise<void>;
}

/** One authority for all rigs of a file: keys cost time. */
export const pki = createPki();

export async function startNumbered(behaviour: Behaviour = {}): Promise<DotUpstream> {
  return await startDotUpstream({ leaf: pki.good, answer: numberedAnswer, behaviour });
}

/** The resolver in this process before `servers`, without validation; `lines` go into its `[upstream]` table. */
export async function startRig(
  servers: readonly RigServer[],
  lines: readonly string[] = [],
  caPem = pki.caPem,
): Promise<Rig> {
  const app = await startApp((folder) => rigToml(folder, servers, lines, caPem));
  const client = await LoadClient.open(app.port);
  return {
    app,
    client,
    async close() {
      client.close();
      await app.stop();
    },
  };
}

/** The tables of such a resolver; writes the authority's certificate to `folder`. */
export function rigToml(
  folder: string,
  servers: readonly RigServer[],
  lines: readonly string[] = [],
  caPem = pki.caPem,
): string {
  writeFileSync(`${folder}/ca.pem`, caPem);
  return [
    '[dnssec]\nmode = "off"',
    `[upstream]\n${lines.join("\n")}`,
    ...servers.map(({ operator, addresses }, nth) => serverToml(folder, nth, operator, addresses)),
  ].join("\n\n");
}

function serverToml(folder: string, nth: number, operator: string, addresses: readonly string[]): string {
  return [
    "[[upstream.server]]",
    `name = "server${nth}"`,
    `operator = "${operator}"`,
    `addresses = ${JSON.stringify(addresses)}`,
    `auth_name = "${AUTH_NAME}"`,
    `ca_file = "${folder}/ca.pem"`,
  ].join("\n");
}
