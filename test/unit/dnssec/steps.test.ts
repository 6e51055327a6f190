import { describe, expect, it } from "vitest";
import { awaited, type Steps, taken } from "../../../src/dnssec/steps.ts";

function* sum(...parts: readonly (number | Promise<number>)[]): Steps<number> {
  let total = 0;
  for (const part of parts) total += typeof part === "number" ? part : yield* awaited(part);
  return total;
}

describe("work in steps", () => {
  it("is done at once where nothing has to be waited for", () => {
    expect(taken(sum(1, 2))).toBe(3);
  });

  it("waits where it says so, and goes on with what came", async () => {
    const result = taken(sum(1, Promise.resolve(2), 3, Promise.resolve(4)));

    expect(result).toBeInstanceOf(Promise);
    expect(await result).toBe(10);
  });

  it("meets a failure where it waited, and may go on", async () => {
    function* steps(): Steps<string> {
      try {
        yield* awaited(Promise.reject(new Error("lost")));
      } catch (error) {
        return `${(error as Error).message}, ${String(yield* sum(1, Promise.resolve(1)))}`;
      }
      return "";
    }

    expect(await taken(steps())).toBe("lost, 2");
    await expect(taken(sum(Promise.reject(new Error("lost"))))).rejects.toThrow("lost");
  });

  it("throws at once what goes wrong before it waits", () => {
    function* steps(): Steps<number> {
      throw new Error("wrong");
    }

    expect(() => taken(steps())).toThrow("wrong");
  });
});
