/**
 * Who is looked at: Sotto in several configurations, and Debian's resolvers, each as a DoT forwarder to the same
 * operators with the same trust anchor. One instance a lane; each instance has relays of its own.
 */
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import {
  type ForwarderOptions,
  startKresd,
  startStubby,
  startUnbound,
} from "../../test/support/forwarders.ts";
import type { Peer } from "../../test/support/peers.ts";
import { findProgram } from "../../test/support/programs.ts";
import { startApp } from "../../test/support/running-app.ts";
import type { Beyond } from "./beyond.ts";

/** One running instance. */
export interface Instance {
  /** Of 127.0.0.1, UDP. */
  readonly port: number;
  /** Forgets every answer; connections stay. */
  flush(): Promise<void>;
  stop(): Promise<void>;
}

export interface Subject {
  readonly name: string;
  /** `undefined` where its program is not installed. */
  start(beyond: Beyond, lane: number): Promise<Instance> | undefined;
}

export interface SottoOptions {
  /** Whether the operators are said to minimise by themselves. */
  readonly minimises?: boolean;
  /** Whether it validates. */
  readonly validates?: boolean;
}

/** Sotto with lines of its `[privacy]` table. */
export function sotto(name: string, privacy: string, options: SottoOptions = {}): Subject {
  return {
    name,
    async start(beyond, lane) {
      const running = await startApp((folder) => {
        writeFileSync(join(folder, "ca.pem"), beyond.caPem);
        const servers = beyond.ports.map(
          (ports, operator) => `[[upstream.server]]
name = "operator${operator}"
addresses = ["127.0.0.1:${ports[lane]}"]
auth_name = "${beyond.authName}"
ca_file = "${folder}/ca.pem"
minimises = ${options.minimises !== false}`,
        );
        return [
          "[upstream]\nconnections = 1",
          ...servers,
          options.validates === false
            ? '[dnssec]\nmode = "off"'
            : `[dnssec]\ntrust_anchors = ${JSON.stringify(beyond.trustAnchors)}`,
          // The made world answers with documentation addresses; nothing of it is to be kept between visits.
          '[cache]\nprefetch = false\nserve_stale = "0s"',
          `[privacy]\n${privacy}`,
        ].join("\n\n");
      });
      return {
        port: running.port,
        flush() {
          running.app.flush();
          return Promise.resolve();
        },
        stop: () => running.stop(),
      };
    },
  };
}

export const unbound: Subject = {
  name: "unbound",
  start: (beyond, lane) =>
    started("unbound", async () => {
      const peer = await startUnbound(
        optionsFor(
          beyond,
          lane,
          ["qname-minimisation: yes", "prefetch: no", "aggressive-nsec: yes", "hide-identity: yes"],
          [
            "remote-control:",
            "  control-enable: yes",
            '  control-interface: "FOLDER/control"',
            "  control-use-cert: no",
          ],
        ),
      );
      return instance(peer, () => command(join(peer.folder, "control"), "UBCT1 flush_zone .\n"));
    }),
};

export const kresd: Subject = {
  name: "kresd",
  start: (beyond, lane) =>
    started("kresd", async () => {
      const peer = await startKresd(optionsFor(beyond, lane));
      return instance(peer, () => command(join(peer.folder, "control", String(peer.pid)), "cache.clear()\n"));
    }),
};

/** Has no cache to forget. */
export const stubby: Subject = {
  name: "stubby",
  start: (beyond, lane) =>
    started("stubby", async () =>
      instance(await startStubby(optionsFor(beyond, lane)), () => Promise.resolve()),
    ),
};

function started(program: string, start: () => Promise<Instance>): Promise<Instance> | undefined {
  return findProgram(program) === undefined ? undefined : start();
}

function optionsFor(
  beyond: Beyond,
  lane: number,
  extra: readonly string[] = [],
  sections: readonly string[] = [],
): ForwarderOptions {
  return {
    upstreams: beyond.ports.map((ports) => ({
      port: ports[lane] ?? 0,
      authName: beyond.authName,
      caPem: beyond.caPem,
    })),
    trustAnchors: beyond.trustAnchors,
    extra: [...extra, ...sections.map((line) => line)],
  };
}

function instance(peer: Peer, flush: () => Promise<void>): Instance {
  return { port: peer.port, flush, stop: () => peer.stop() };
}

/** One line to a control socket; resolves when something comes back. */
function command(path: string, line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => socket.write(line));
    const timer = setTimeout(() => socket.destroy(new Error(`${path} says nothing`)), 2_000);
    socket.once("data", () => {
      clearTimeout(timer);
      socket.destroy();
      resolve();
    });
    socket.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}
