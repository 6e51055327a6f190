#!/usr/bin/env node
/** The `sotto` program. */
import { runProgram } from "./cli/program.ts";

/** Milliseconds for the rest of the output. */
const LINGER = 1_000;

// A reader that has seen enough (`sotto explain ... | head`) is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
  });
}

const exitCode = await runProgram(process.argv.slice(2));
process.exitCode = exitCode;
// Nothing that is still open may keep a command from ending; the timer itself does not.
setTimeout(() => process.exit(exitCode), LINGER).unref();
