/** Why the program cannot serve. The message is for the operator: what happened and what to do. */
export class StartError extends Error {
  override readonly name = "StartError";
}
