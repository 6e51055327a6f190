#!/usr/bin/env node
/**
 * `npm run build`: bundles `src/main.ts` into `dist/`, so that the program starts without resolving hundreds of
 * modules. Each command is a chunk of its own, loaded when it is asked for. Checks no types: `npm run check` does.
 */
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { root } from "./lib/ready.mjs";

/**
 * Commander loads `node:child_process` for subcommands that are programs of their own. There are none, and
 * 5 ms of every start are saved.
 */
const leanCommander = {
  name: "lean-commander",
  setup(bundling) {
    bundling.onLoad({ filter: /commander.lib.command\.js$/ }, ({ path }) => {
      const source = readFileSync(path, "utf8");
      const contents = source.replace("require('node:child_process')", "undefined");
      if (contents === source)
        throw new Error("commander no longer loads node:child_process: drop this step");
      return { contents, loader: "js" };
    });
  },
};

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const outdir = join(root, "dist");

rmSync(outdir, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ["src/main.ts"],
  outdir,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  // Optional, and it finds its binary beside its own files.
  external: ["koffi"],
  chunkNames: "[name]-[hash]",
  minifySyntax: true,
  // Stack traces and profiles keep their names.
  minifyIdentifiers: false,
  minifyWhitespace: true,
  legalComments: "none",
  define: { SOTTO_VERSION: JSON.stringify(version) },
  // Bundled CommonJS packages ask for Node's own modules by `require`.
  banner: {
    js: 'import{createRequire as createRequireOfSotto}from"node:module";const require=createRequireOfSotto(import.meta.url);',
  },
  plugins: [leanCommander],
  logLevel: "warning",
  metafile: true,
});
chmodSync(join(outdir, "main.js"), 0o755);
writeFileSync(join(outdir, "licences.txt"), licences(Object.keys(metafile.inputs)));

/** The licence of each package in the bundle, which has to go where its code goes. */
function licences(inputs) {
  const folders = inputs.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]);
  const texts = [...new Set(folders.filter((folder) => folder !== undefined))].sort().map((folder) => {
    const {
      name,
      version: release,
      license,
    } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
    const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file === undefined ? "" : readFileSync(join(root, folder, file), "utf8").trim();
    return `${name} ${release} (${license})\n\n${text}\n`;
  });
  return texts.join(`\n${"-".repeat(78)}\n\n`);
}
