import { describe, expect, it } from "vitest";
import { portHolderHints } from "../../../src/cli/port-holders.ts";

const machineWith = (programs: Readonly<Record<string, string>>) => ({
  list: () => Object.keys(programs),
  name: (pid: string) => programs[pid] ?? "",
});

describe("the hint about a taken port", () => {
  it("names each resolver that runs here once, with what to do", () => {
    const hints = portHolderHints(
      machineWith({ 12: "bash", 20: "unbound", 21: "unbound", 30: "pihole-FTL" }),
    );

    expect(hints).toEqual([
      "unbound runs here (process 20): sudo systemctl disable --now unbound",
      expect.stringContaining("pihole-FTL runs here (process 30): let it keep port 53"),
    ]);
  });

  it("knows a name that the kernel has cut to 15 characters", () => {
    expect(portHolderHints(machineWith({ 1: "systemd-resolve" }))[0]).toMatch(/^systemd-resolve runs here/);
  });

  it("is silent where nothing known runs, and about itself", () => {
    expect(portHolderHints(machineWith({ 12: "bash", [process.pid]: "sotto" }))).toEqual([]);
  });
});
