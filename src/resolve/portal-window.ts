/**
 * When probe names may go to the network's own resolver: while every upstream was tried in vain, and for a while only.
 *
 *   closed  cut off                       -> open
 *   open    a response, another network   -> closed
 *   open    time is up                    -> spent
 *   spent   a response, another network   -> closed
 *
 * Time runs from the first moment at which nobody could be reached, and that nobody has asked for a while does not begin
 * it anew: a network that plays a portal for ever gets one window.
 */
import type { Clock, Instant } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { Outlook } from "../ports/outlook.ts";

export interface PortalWindowDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly outlook: () => Outlook;
}

/** Milliseconds: time to find the portal's page, read it and pay. */
export const LONGEST_WINDOW_MS = 600_000;
/** Milliseconds between two looks whether it is to be closed. */
const LOOK_MS = 1_000;

export class PortalWindow {
  readonly #deps: PortalWindowDeps;
  #phase: "closed" | "open" | "spent" = "closed";
  #openedAt: Instant = 0;
  #network = 0;
  #cancelLook: (() => void) | undefined;
  #isStopped = false;

  constructor(deps: PortalWindowDeps) {
    this.#deps = deps;
  }

  /** Whether a probe name may go there now; opens it where that is so. */
  isOpen(): boolean {
    if (this.#isStopped) return false;
    const outlook = this.#look();
    if (this.#phase === "closed" && outlook.isCutOff) this.#open(outlook);
    return this.#phase === "open" && outlook.isCutOff;
  }

  /** Whether what was asked there in the meantime is still wanted: no upstream has answered, on this network. */
  holds(): boolean {
    if (this.#isStopped) return false;
    this.#look();
    return this.#phase === "open";
  }

  /** For good. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelLook?.();
  }

  #open({ network }: Outlook): void {
    this.#phase = "open";
    this.#openedAt = this.#deps.clock.now();
    this.#network = network;
    const text = "no upstream can be reached: probe names may go to the network's own resolver";
    this.#deps.log.info({ seconds: LONGEST_WINDOW_MS / 1_000 }, text);
    this.#lookLater();
  }

  #look(): Outlook {
    const outlook = this.#deps.outlook();
    if (this.#phase === "closed") return outlook;
    if (outlook.network !== this.#network) this.#close("closed", "the network has changed");
    else if (outlook.heardAt > this.#openedAt) this.#close("closed", "an upstream answers");
    else if (this.#phase === "open" && this.#deps.clock.now() - this.#openedAt >= LONGEST_WINDOW_MS) {
      this.#close("spent", "that was long enough; a change of network or a reload allows it again");
    }
    return outlook;
  }

  #close(phase: "closed" | "spent", why: string): void {
    if (this.#phase === "open") {
      this.#deps.log.info({}, `probe names no longer go to the network's own resolver: ${why}`);
    }
    this.#phase = phase;
    this.#cancelLook?.();
    this.#cancelLook = undefined;
  }

  #lookLater(): void {
    this.#cancelLook = this.#deps.clock.after(LOOK_MS, () => {
      this.#look();
      if (this.#phase === "open") this.#lookLater();
    });
  }
}
