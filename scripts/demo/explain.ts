/** The steps of a lookup, as `sotto explain --json` gives them. */
import { spawnSync } from "node:child_process";
import { typeToText } from "../../src/wire/codes.ts";
import type { Lookup } from "./lookups.ts";
import { PROGRAM, type Resolver } from "./resolver.ts";

export interface Step {
  readonly stage: string;
  readonly text: string;
}

export async function explain(resolver: Resolver, { name, type }: Lookup): Promise<readonly Step[]> {
  const run = spawnSync(
    process.execPath,
    [PROGRAM, "explain", name, typeToText(type), "-c", resolver.file, "--json"],
    { encoding: "utf8" },
  );
  if (run.status !== 0) throw new Error(`sotto explain failed: ${run.stderr}`);
  const { steps } = JSON.parse(run.stdout) as { readonly steps: readonly Step[] };
  return steps;
}
