/** Signals that end the program. */
import { ExitCode } from "./failure.ts";

/** The first SIGINT or SIGTERM, for an orderly end; a second one ends the process at once. */
export function nextStop(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let isStopping = false;
    const stop = (signal: NodeJS.Signals): void => {
      if (isStopping) process.exit(ExitCode.FAILURE);
      isStopping = true;
      resolve(signal);
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
  });
}
