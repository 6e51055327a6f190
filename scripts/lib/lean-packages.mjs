/**
 * What bundled packages load of Node when they are loaded themselves, for features that this program does not use:
 * some 10 ms of every start. A build fails where a package has changed and a step no longer fits.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./ready.mjs";

/** The file in `node_modules`, what it says, what it says instead. */
const STEPS = [
  // For subcommands that are programs of their own.
  ["commander/lib/command.js", "require('node:child_process')", "undefined"],
  // For transports in threads of their own.
  ["pino/lib/transport.js", "require('thread-stream')", "undefined"],
  // We are in the main thread.
  ["pino/lib/tools.js", "require('worker_threads')", "{ isMainThread: true }"],
  // For one assertion.
  [
    "sonic-boom/index.js",
    "require('assert')",
    "(isTrue, message) => { if (!isTrue) throw new Error(message) }",
  ],
];

/** A plugin of esbuild. */
export const leanPackages = {
  name: "lean-packages",
  setup(bundling) {
    const steps = new Map(STEPS.map(([file, ...step]) => [join(root, "node_modules", file), step]));
    bundling.onLoad({ filter: /(?:command|transport|tools|index)\.js$/ }, ({ path }) => {
      const [wasteful, lean] = steps.get(path) ?? [];
      if (wasteful === undefined) return undefined;
      const source = readFileSync(path, "utf8");
      const contents = source.replace(wasteful, lean);
      if (contents === source) throw new Error(`${path} no longer says ${wasteful}: drop this step`);
      return { contents, loader: "js" };
    });
  },
};
