/** How a command ends when it does not succeed. */

/** Exit codes of the program. */
export const ExitCode = {
  SUCCESS: 0,
  /** A failure at run time. */
  FAILURE: 1,
  /** Bad usage or a bad configuration. */
  BAD_USAGE: 2,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Ends a command with lines for stderr: what happened, where, what to do. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
