/** All of the program but what loads it (`src/main.ts`). */
import { ExitCode } from "./cli/failure.ts";
import { runProgram } from "./cli/program.ts";

/** Milliseconds for the rest of the output. */
const LINGER = 1_000;

/** @param keepCode keeps what V8 has compiled by now for the next start. */
export async function main(argv: readonly string[], keepCode: () => Promise<void>): Promise<void> {
  watchOutput();
  const exitCode = await runProgram(argv, keepCode);
  process.exitCode ||= exitCode;
  // Nothing that is still open may keep a command from ending; the timer itself does not.
  setTimeout(() => process.exit(), LINGER).unref();
}

/** Standard output is the result's alone: `run`, whose log may be lost, writes its own way. */
function watchOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      // A reader that has seen enough (`sotto explain ... | head`) is no failure.
      if (error.code === "EPIPE") process.exit(0);
    });
  }
  process.stdout.once("error", (error) => {
    process.stderr.write(`the result cannot be written: ${error.message}\n`);
    // Work that is under way is not cut short.
    process.exitCode = ExitCode.FAILURE;
  });
}
