import { describe, expect, it } from "vitest";
import { affordableClients } from "../../../src/compose/descriptors.ts";
import { SilentLog } from "../../support/silent-log.ts";

const limitsOf = (soft: string) =>
  `Limit                     Soft Limit           Hard Limit           Units
Max processes             63432                63432                processes
Max open files            ${soft.padEnd(20)} 1048576              files
Max locked memory         8388608              8388608              bytes
`;

/** A process with `open` descriptors, which may have `soft`. */
const processOf = (soft: string, open = 20) => ({ limits: limitsOf(soft), open });

describe("TCP clients", () => {
  it("are as many as configured where the process may open enough files", () => {
    const log = new SilentLog();

    expect(affordableClients(150, processOf("1024"), log)).toBe(150);
    expect(log.lines).toEqual([]);
  });

  it.each([
    ["64", 20, 18],
    ["64", 40, 8],
    ["32", 20, 2],
    ["32", 32, 1],
  ])(
    "leave to the rest half of what the program itself does not have: of %s, %i open",
    (soft, open, clients) => {
      const log = new SilentLog();

      expect(affordableClients(150, processOf(soft, open), log)).toBe(clients);
      expect(log.lines).toMatchObject([{ level: "warn", fields: { clients, open_files: Number(soft) } }]);
    },
  );

  it.each(["unlimited", ""])("are as many as configured where no number is told (%s)", (soft) => {
    expect(affordableClients(150, processOf(soft), new SilentLog())).toBe(150);
  });

  it("are as many as configured where the system has no such file", () => {
    expect(affordableClients(150, { limits: undefined, open: 0 }, new SilentLog())).toBe(150);
  });
});
