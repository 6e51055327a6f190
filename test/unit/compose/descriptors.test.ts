import { describe, expect, it } from "vitest";
import { affordableClients } from "../../../src/compose/descriptors.ts";
import { SilentLog } from "../../support/silent-log.ts";

const limitsOf = (soft: string) =>
  `Limit                     Soft Limit           Hard Limit           Units
Max processes             63432                63432                processes
Max open files            ${soft.padEnd(20)} 1048576              files
Max locked memory         8388608              8388608              bytes
`;

describe("TCP clients", () => {
  it("are as many as configured where the process may open enough files", () => {
    const log = new SilentLog();

    expect(affordableClients(150, limitsOf("1024"), log)).toBe(150);
    expect(log.lines).toEqual([]);
  });

  it("leave half of the descriptors to the rest, and the log says so", () => {
    const log = new SilentLog();

    expect(affordableClients(150, limitsOf("64"), log)).toBe(32);
    expect(log.lines).toMatchObject([{ level: "warn", fields: { clients: 32, open_files: 64 } }]);
  });

  it.each(["unlimited", ""])("are as many as configured where no number is told (%s)", (soft) => {
    expect(affordableClients(150, limitsOf(soft), new SilentLog())).toBe(150);
  });

  it("are as many as configured where the system has no such file", () => {
    expect(affordableClients(150, undefined, new SilentLog())).toBe(150);
  });
});
