/** A terminal that remembers its lines; paint is shown as `<style:text>`. */
import type { Session } from "../../../src/cli/session.ts";
import type { Terminal } from "../../../src/cli/terminal.ts";

export interface FakeTerminal extends Terminal {
  readonly lines: readonly string[];
  readonly errors: readonly string[];
}

export function fakeTerminal(options: Partial<Terminal> = {}): FakeTerminal {
  const lines: string[] = [];
  const errors: string[] = [];
  return {
    out: (line) => {
      lines.push(line);
    },
    err: (line) => {
      errors.push(line);
    },
    isForPeople: false,
    columns: 80,
    paint: (_style, text) => text,
    lines,
    errors,
    ...options,
  };
}

/** Paint that a test can see. */
export const visiblePaint: Terminal["paint"] = (style, text) => `<${style}:${text}>`;

export function fakeSession(terminal: Terminal, env: Session["machine"]["env"] = {}): Session {
  return {
    terminal,
    machine: { env, uid: 1000, platform: "linux", cwd: "/nowhere" },
    keepCode: () => Promise.resolve(),
  };
}
