/**
 * Those who are here now, in no order: joining and leaving cost a slot of an array.
 *
 * Not a `Set`: one through which every query passes is rehashed again and again, each table keeps what was in
 * it and points to the next, and the first that the collector takes for old keeps all later ones alive, with
 * every query that went through them.
 */
export interface Member {
  /** Where it stands in its crowd; -1 outside. */
  place: number;
}

export class Crowd<T extends Member> {
  /** BOUNDED: by those who join. */
  readonly #members: T[] = [];

  get size(): number {
    return this.#members.length;
  }

  join(member: T): void {
    member.place = this.#members.length;
    this.#members.push(member);
  }

  leave(member: T): void {
    const { place } = member;
    if (place < 0) return;
    member.place = -1;
    const last = this.#members.pop();
    if (last === undefined || last === member) return;
    last.place = place;
    this.#members[place] = last;
  }

  /** Those who are here at the moment of the call. */
  members(): readonly T[] {
    return [...this.#members];
  }
}
