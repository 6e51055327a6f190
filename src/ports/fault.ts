/** Why no usable response could be had. One word per cause, stable in logs and metrics. */
export type ResolutionFault =
  | "deadline-exceeded"
  | "not-ready"
  | "overloaded"
  | "upstream-unreachable"
  | "upstream-unauthenticated"
  | "upstream-malformed"
  | "work-exhausted"
  | "stopped";

/** Ends an exchange without a response. `message` is for the operator's log and holds no queried name. */
export class ResolutionError extends Error {
  override readonly name = "ResolutionError";
  readonly fault: ResolutionFault;

  constructor(fault: ResolutionFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}
