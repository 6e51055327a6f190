/**
 * Collects who has something to send, and lets each send once at the end of the turn of the event loop:
 * responses that one chunk from an upstream made ready leave together.
 */

export interface Flushable {
  flushTurn(): void;
}

export class TurnQueue {
  /** BOUNDED: each member adds itself once a turn. */
  #members: Flushable[] = [];

  add(member: Flushable): void {
    if (this.#members.length === 0) setImmediate(this.#run);
    this.#members.push(member);
  }

  readonly #run = (): void => {
    const members = this.#members;
    this.#members = [];
    for (const member of members) member.flushTurn();
  };
}
