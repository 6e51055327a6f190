import { describe, expect, it } from "vitest";
import { keptSalt, renewedSalt, SALT_OCTETS, type SecretStore } from "../../../src/privacy/salt.ts";
import { SeededRandom } from "../../support/seeded-random.ts";

function memoryStore(initial?: Uint8Array): SecretStore {
  let kept = initial;
  return {
    read: () => kept,
    write: (secret) => {
      kept = secret;
    },
  };
}

describe("the salt", () => {
  it("is made when there is none, and the same from then on", () => {
    const store = memoryStore();
    const random = new SeededRandom();
    const first = keptSalt(store, random);

    expect(first).toHaveLength(SALT_OCTETS);
    expect(keptSalt(store, random)).toEqual(first);
  });

  it("is made anew where the kept one has another length", () => {
    const store = memoryStore(new Uint8Array(5));

    expect(keptSalt(store, new SeededRandom())).toHaveLength(SALT_OCTETS);
  });

  it("is another once renewed, and that one is kept", () => {
    const store = memoryStore();
    const random = new SeededRandom();
    const first = keptSalt(store, random);
    const second = renewedSalt(store, random);

    expect(second).not.toEqual(first);
    expect(keptSalt(store, random)).toEqual(second);
  });
});
