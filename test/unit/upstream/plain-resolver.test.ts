import { describe, expect, it } from "vitest";
import { createPlainResolver } from "../../../src/upstream/plain-resolver.ts";
import { Type } from "../../../src/wire/codes.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { question } from "../../support/records.ts";
import { SeededRandom } from "../../support/seeded-random.ts";

/** The kernel refuses to connect to it, as it refuses any address while there is no network. */
const UNREACHABLE = { address: "255.255.255.255", port: 53 };

describe("a plain resolver", () => {
  it("that no network leads to is said to be unreachable at once, and nothing is thrown", async () => {
    const ask = createPlainResolver({ clock: new ManualClock(), random: new SeededRandom() });

    expect(await ask(UNREACHABLE, question("dns.example", Type.A))).toMatch(/^cannot be reached \(/);
  });

  it.each([0, 1])("is sent nothing more once the response is not wanted, after %i tries", async (tries) => {
    const ask = createPlainResolver({ clock: new ManualClock(), random: new SeededRandom() });
    let looks = 0;

    const said = await ask(UNREACHABLE, question("dns.example", Type.A), () => looks++ < tries);

    expect([said, looks]).toEqual(["is not asked any more", tries + 1]);
  });
});
