/**
 * A process that serves beside the first one (`listen.workers`): what it is given instead of finding or keeping it.
 * State is the first one's alone: this one writes no file.
 */
import type { ActivatedSocket } from "../listen/socket-activation.ts";

export interface Beside {
  /** Open in this process already. */
  readonly sockets: readonly ActivatedSocket[];
  /** The first one's, so that all send a name to the same operator; another one after it was renewed. */
  readonly salt: () => Uint8Array;
}

/** One process brings files up to date: a command may be another user, who would leave the service a file it cannot read. */
export function keepsFiles({
  beside,
  isOneOff,
}: {
  readonly beside?: Beside;
  readonly isOneOff?: boolean;
}): boolean {
  return beside === undefined && isOneOff !== true;
}
