/** Tables and wrapped text for terminals. Widths are counted in code points: names are ASCII by now. */
import type { Style, Terminal } from "../terminal.ts";

export interface Cell {
  readonly text: string;
  readonly style?: Style;
  readonly align?: "left" | "right";
}

/** Spaces between two columns. */
const GAP = 2;

/** Columns two spaces apart; the last one is wrapped, with the lines after the first below it. */
export function table(rows: readonly (readonly Cell[])[], terminal: Terminal, width: number): string[] {
  const widths = widthsOf(rows).slice(0, -1);
  const last = widths.length;
  const indent = widths.reduce((sum, column) => sum + column + GAP, 0);
  return rows.flatMap((row) => {
    const head = row.slice(0, last).map((cell, column) => padded(cell, widths[column] ?? 0, terminal));
    const final = row[last];
    const [first = "", ...rest] = wrapped(final?.text ?? "", Math.max(20, width - indent));
    const shown = (text: string): string =>
      final?.style === undefined ? text : terminal.paint(final.style, text);
    return [
      [...head, shown(first)].join(" ".repeat(GAP)),
      ...rest.map((line) => `${" ".repeat(indent)}${shown(line)}`),
    ];
  });
}

/** Columns that the table takes where nothing is wrapped. */
export function widthOf(rows: readonly (readonly Cell[])[]): number {
  return widthsOf(rows).reduce((sum, column) => sum + column + GAP, -GAP);
}

function widthsOf(rows: readonly (readonly Cell[])[]): readonly number[] {
  return Array.from({ length: Math.max(...rows.map((row) => row.length)) }, (_, column) =>
    Math.max(...rows.map((row) => lengthOf(row[column]?.text ?? ""))),
  );
}

function padded({ text, style, align }: Cell, width: number, terminal: Terminal): string {
  const space = " ".repeat(Math.max(0, width - lengthOf(text)));
  const shown = style === undefined ? text : terminal.paint(style, text);
  return align === "right" ? `${space}${shown}` : `${shown}${space}`;
}

/** Lines of at most `width`; a word that is longer (a signature, a key) is cut. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && lengthOf(line) + 1 + lengthOf(word) > width) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
    while (lengthOf(line) > width) {
      lines.push(line.slice(0, width));
      line = line.slice(width);
    }
  }
  return [...lines, line];
}

function lengthOf(text: string): number {
  return [...text].length;
}
