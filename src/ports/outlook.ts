/** How the servers for public names are doing on the network that this machine is in now. Types only. */
import type { Instant } from "./clock.ts";

export interface Outlook {
  /** All of them were tried, and none can be reached. */
  readonly isCutOff: boolean;
  /** When one of them last gave a response. */
  readonly heardAt: Instant;
  /** A number that is another one once the network has changed, or the machine has slept. */
  readonly network: number;
}
