/** All of the program but what loads it (`src/main.ts`). */
import { runProgram } from "./cli/program.ts";

/** Milliseconds for the rest of the output. */
const LINGER = 1_000;

/** @param keepCode keeps what V8 has compiled by now for the next start. */
export async function main(argv: readonly string[], keepCode: () => Promise<void>): Promise<void> {
  // A reader that has seen enough (`sotto explain ... | head`) is no failure.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(0);
    });
  }
  const exitCode = await runProgram(argv, keepCode);
  process.exitCode = exitCode;
  // Nothing that is still open may keep a command from ending; the timer itself does not.
  setTimeout(() => process.exit(exitCode), LINGER).unref();
}
