#!/usr/bin/env node
/**
 * `npm run build`: bundles the program into `dist/program.js`, so that it starts without resolving hundreds of
 * modules, and what loads it into `dist/main.js`. Both are CommonJS: V8's compiled code can be kept of such a file with
 * every Node (`src/compiled-code.ts`), and an `import` of Node's own modules reads all that they export, which loads
 * more of them. Checks no types: `npm run check` does.
 */
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { leanPackages } from "./lib/lean-packages.mjs";
import { root } from "./lib/ready.mjs";

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const outdir = join(root, "dist");

rmSync(outdir, { recursive: true, force: true });
const common = {
  absWorkingDir: root,
  outdir,
  bundle: true,
  format: "cjs",
  platform: "node",
  target: "node20.19",
  // An `import()` would ask for a loader that a script of `node:vm` does not have.
  supported: { "dynamic-import": false },
  // Optional, and it finds its binary beside its own files.
  external: ["koffi"],
  charset: "ascii",
  minifySyntax: true,
  // Stack traces and profiles keep their names.
  minifyIdentifiers: false,
  minifyWhitespace: true,
  legalComments: "none",
  define: {
    SOTTO_VERSION: JSON.stringify(version),
    "import.meta.dirname": "__dirname",
    "import.meta.filename": "__filename",
  },
  plugins: [leanPackages],
  logLevel: "warning",
  metafile: true,
};
await build({ ...common, entryPoints: ["src/main.ts"] });
const { metafile } = await build({
  ...common,
  entryPoints: ["src/program.ts"],
  banner: { js: "(function(exports,require,module,__filename,__dirname){" },
  footer: { js: "})" },
});
if (/[^\x00-\x7f]/.test(readFileSync(join(outdir, "program.js"), "latin1")))
  throw new Error("dist/program.js is not ASCII, as src/compiled-code.ts reads it");
chmodSync(join(outdir, "main.js"), 0o755);
writeFileSync(join(outdir, "package.json"), '{ "type": "commonjs" }\n');
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
