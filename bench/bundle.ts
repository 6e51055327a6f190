/** A case as the build would make it: what compiles as it runs has a thread of its own, and gives closures names. */
import { join } from "node:path";
import { buildSync } from "esbuild";

export function bundle(entry: string, outfile: string): string {
  buildSync({
    absWorkingDir: join(import.meta.dirname, ".."),
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    external: ["koffi"],
    define: { SOTTO_VERSION: '"bench"' },
    banner: {
      js: 'import{createRequire as createRequireOfBench}from"node:module";const require=createRequireOfBench(import.meta.url);',
    },
  });
  return outfile;
}
