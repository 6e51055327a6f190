/** The limit: `echo.c`, compiled on the spot where there is a C compiler. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { firstLine } from "../programs.ts";
import type { Subject } from "../types.ts";

export function echo(root: string): Subject {
  return {
    name: "C echo",
    isResolver: false,
    needs: [{ path: "cc", from: "gcc" }],
    version: () => firstLine("cc", ["--version"], /^.*$/mu),
    prepare({ port, folder }) {
      const program = join(folder, "echo");
      execFileSync("cc", ["-O2", "-o", program, join(root, "bench/peers/echo.c")]);
      return { program, args: ["127.0.0.1", String(port)] };
    },
  };
}
