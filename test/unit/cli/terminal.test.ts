import { describe, expect, it } from "vitest";
import { harmless, openTerminal } from "../../../src/cli/terminal.ts";

function written(isTTY: boolean, env: Record<string, string>): string {
  let text = "";
  const stream = {
    isTTY,
    write: (part: string) => {
      text += part;
    },
  };
  const terminal = openTerminal(stream, stream, env);
  terminal.out(terminal.paint("good", "yes"));
  return text;
}

describe("the colours of a command", () => {
  const coloured = "\u001b[32myes\u001b[39m\n";

  it.each([
    ["are there on a terminal", true, {}, coloured],
    ["are left out in a pipe", false, {}, "yes\n"],
    ["are left out where NO_COLOR is set", true, { NO_COLOR: "1" }, "yes\n"],
    ["are there where NO_COLOR is empty (no-color.org)", true, { NO_COLOR: "" }, coloured],
    ["are left out on a dumb terminal", true, { TERM: "dumb" }, "yes\n"],
    ["are there in a pipe where FORCE_COLOR is set", false, { FORCE_COLOR: "1" }, coloured],
    ["are left out where FORCE_COLOR is 0", true, { FORCE_COLOR: "0" }, "yes\n"],
  ])("%s", (_what, isTTY, env, expected) => {
    expect(written(isTTY, env)).toBe(expected);
  });
});

describe("text from the network", () => {
  it.each([
    ["\u001b[2Jgone", "\\u001b[2Jgone"],
    ["\u009b31mred", "\\u009b31mred"],
    ["a\r\nb\tc", "a\\u000d\\u000ab\\u0009c"],
    ["\u202etxt.exe", "\\u202etxt.exe"],
    ["plain é ✔", "plain é ✔"],
  ])("%j is shown as %j", (text, shown) => {
    expect(harmless(text)).toBe(shown);
  });
});
