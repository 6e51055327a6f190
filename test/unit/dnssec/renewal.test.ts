import { describe, expect, it } from "vitest";
import { ResolutionError } from "../../../src/ports/fault.ts";
import { Type } from "../../../src/wire/codes.ts";
import { name } from "../../support/records.ts";
import { freshBudget, labValidator } from "./lab-validator.ts";

const ZONE = name("example.com");

describe("the keys of a zone in use", () => {
  it("are told of when they are used in the last tenth of their time, not before", async () => {
    const ageing = new Set<string>();
    const lab = labValidator({ onAgeing: ({ name: zone }) => ageing.add(zone) });
    await lab.ask("www.example.com", "A");
    const status = lab.validator.zones.known(ZONE);
    const time = (status?.expiresAt ?? 0) - (status?.settledAt ?? 0);

    lab.clock.advance(time * 0.89);
    await lab.ask("mail.example.com", "A");
    expect(ageing.has(ZONE)).toBe(false);
    lab.clock.advance(time * 0.02);
    await lab.ask("zz.example.com", "A");

    expect(ageing.has(ZONE)).toBe(true);
  });

  it("are fetched anew beside those in force, which nothing extends", async () => {
    const lab = labValidator();
    await lab.ask("www.example.com", "A");
    const before = lab.validator.zones.known(ZONE);
    lab.clock.advance(60_000);
    const asked = lab.asked.length;

    await lab.validator.zones.renew(ZONE, freshBudget(lab.clock));

    const after = lab.validator.zones.known(ZONE);
    expect(lab.asked.slice(asked).sort()).toEqual(["example.com. DNSKEY", "example.com. DS"]);
    expect(after?.kind).toBe("secure");
    expect((after?.expiresAt ?? 0) - (before?.expiresAt ?? 0)).toBe(60_000);
  });

  it("are fetched anew once for all who want it at a time", async () => {
    const lab = labValidator();
    await lab.ask("www.example.com", "A");
    const asked = lab.asked.length;
    const renew = () => lab.validator.zones.renew(ZONE, freshBudget(lab.clock));

    await Promise.all([renew(), renew(), renew()]);

    expect(lab.asked.slice(asked).sort()).toEqual(["example.com. DNSKEY", "example.com. DS"]);
  });

  it("are not kept where the anchors or the clock changed while they were fetched", async () => {
    let release = (): void => undefined;
    const lab = labValidator({
      onQuery: ({ question }, response) =>
        question.qname === ZONE && question.qtype === Type.DNSKEY
          ? new Promise((resolve) => {
              release = () => {
                resolve(response);
              };
            })
          : response,
    });
    const first = lab.ask("www.example.com", "A");
    await lab.clock.advanceAsync(1);

    lab.validator.zones.clear();
    release();

    expect((await first).verdict).toBe("secure");
    expect(lab.validator.zones.known(ZONE)).toBeUndefined();
  });

  it("stay in force where fetching them anew fails, until their own time is over", async () => {
    let isDown = false;
    const lab = labValidator({
      onQuery: (_query, response) => {
        if (isDown) throw new ResolutionError("upstream-unreachable", "down");
        return response;
      },
    });
    await lab.ask("www.example.com", "A");
    const before = lab.validator.zones.known(ZONE);
    isDown = true;

    await lab.validator.zones.renew(ZONE, freshBudget(lab.clock));

    expect(lab.validator.zones.known(ZONE)).toBe(before);
  });
});
