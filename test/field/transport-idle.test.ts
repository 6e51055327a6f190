/** A server that closes connections after some seconds of idleness costs no query (RFC 7766 §6.2.3). */
import { describe, expect, it } from "vitest";
import { askAroundIdleLimit } from "../support/idle-limit.ts";

describe("a server that closes idle connections", () => {
  it.each(["close-notify", "rst"] as const)("by %s after 4 s costs no query", async (ending) => {
    const figures = await askAroundIdleLimit(4_000, ending);

    expect(figures).toMatchObject({ right: figures.sent, servfail: 0, lost: 0, wrong: 0 });
  });
});
