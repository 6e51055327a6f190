#!/usr/bin/env node
/** The `sotto` program. */
import { runProgram } from "./cli/program.ts";

// A reader that has seen enough (`sotto explain ... | head`) is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
  });
}

process.exitCode = await runProgram(process.argv.slice(2));
