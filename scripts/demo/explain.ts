/** The steps of a lookup, as `sotto explain --json` gives them. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { typeToText } from "../../src/wire/codes.ts";
import type { Lookup } from "./lookups.ts";
import { PROGRAM, type Resolver } from "./resolver.ts";

export interface Step {
  readonly stage: string;
  readonly text: string;
}

const run = promisify(execFile);

/** Asks the running instance. The lab serves from this process, so nothing here may block it. */
export async function explain(resolver: Resolver, { name, type }: Lookup): Promise<readonly Step[]> {
  const { stdout } = await run(process.execPath, [
    PROGRAM,
    "explain",
    name,
    typeToText(type),
    "-c",
    resolver.file,
    "--json",
  ]);
  const { steps } = JSON.parse(stdout) as { readonly steps: readonly Step[] };
  return steps;
}
