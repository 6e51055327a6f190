#!/usr/bin/env node
/**
 * `npm run build`: bundles `src/main.ts` into `dist/`, so that the program starts without resolving hundreds of
 * modules. Each command is a chunk of its own, loaded when it is asked for. Checks no types: `npm run check` does.
 */
import { chmodSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { root } from "./lib/ready.mjs";

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const outdir = join(root, "dist");

rmSync(outdir, { recursive: true, force: true });
await build({
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
  legalComments: "linked",
  define: { SOTTO_VERSION: JSON.stringify(version) },
  // Bundled CommonJS packages ask for Node's own modules by `require`.
  banner: {
    js: 'import{createRequire as createRequireOfSotto}from"node:module";const require=createRequireOfSotto(import.meta.url);',
  },
  logLevel: "warning",
});
chmodSync(join(outdir, "main.js"), 0o755);
