import { describe, expect, it } from "vitest";
import { Crowd, type Member } from "../../../src/upstream/crowd.ts";
import { SeededRandom } from "../../support/seeded-random.ts";

const newcomer = (): Member => ({ place: -1 });

describe("a crowd", () => {
  it("holds who has joined and not left, whoever leaves", () => {
    const random = new SeededRandom(3);
    const crowd = new Crowd();
    const model = new Set<Member>();

    for (let i = 0; i < 2_000; i++) {
      const members = [...model];
      const leaving = members[random.below(members.length + 1)];
      if (leaving !== undefined && random.below(2) === 0) {
        crowd.leave(leaving);
        model.delete(leaving);
      } else {
        const member = newcomer();
        crowd.join(member);
        model.add(member);
      }
      expect(crowd.size).toBe(model.size);
    }

    expect(new Set(crowd.members())).toEqual(model);
    expect(crowd.members().every((member, at) => member.place === at)).toBe(true);
  });

  it("takes no notice of who leaves twice", () => {
    const crowd = new Crowd();
    const [one, other] = [newcomer(), newcomer()];
    crowd.join(one);
    crowd.join(other);

    crowd.leave(one);
    crowd.leave(one);

    expect(crowd.members()).toEqual([other]);
  });

  it("may be left while its members are gone through", () => {
    const crowd = new Crowd();
    for (let i = 0; i < 5; i++) crowd.join(newcomer());

    for (const member of crowd.members()) crowd.leave(member);

    expect(crowd.size).toBe(0);
  });
});
