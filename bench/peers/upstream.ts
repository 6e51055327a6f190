/**
 * The upstream: the lab of the tests as a process of its own, with zones as large as the workload wants. On
 * this project's machine it answers a query over DoT for 5 us of CPU where unbound needs 10, so that the
 * subject is what saturates first.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { LOAD_CORE, Running } from "./programs.ts";
import type { Upstream } from "./types.ts";

export interface UpstreamOptions {
  readonly root: string;
  readonly folder: string;
  /** `APEX:COUNT[:ALGORITHM[:nsec|nsec3]]`, as `test/lab/serve.ts` takes them. */
  readonly zones: readonly string[];
  readonly delayMs?: number;
}

interface Ready {
  readonly address: string;
  readonly port: number;
  readonly authName: string;
  readonly caFile: string;
  readonly trustAnchors: readonly string[];
}

export async function startUpstream(options: UpstreamOptions): Promise<Upstream> {
  const folder = join(options.folder, "upstream");
  mkdirSync(folder, { recursive: true });
  const program = new Running(
    {
      program: process.execPath,
      args: [
        ...["--import", "tsx", join(options.root, "test/lab/serve.ts"), "--folder", folder, "--rsa"],
        ...(options.delayMs === undefined ? [] : ["--delay", String(options.delayMs)]),
        ...options.zones.flatMap((zone) => ["--bulk", zone]),
      ],
    },
    LOAD_CORE,
  );
  // Signing takes a while: 350 us a name for RSA.
  const [line] = await program.line(/^\{"ready".*\}$/mu, 300_000);
  const ready = JSON.parse(line) as Ready;
  return {
    ...ready,
    address: "127.0.0.1",
    async queries() {
      program.clear();
      program.signal("SIGUSR2");
      const [counters] = await program.line(/^\{.*\}$/mu);
      return (JSON.parse(counters) as { queries: number }).queries;
    },
    stop: () => program.stop(),
  };
}
