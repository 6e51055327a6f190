/**
 * Collects what is wrong with a configuration: faults, that end it, and warnings, that do not. A finding that only
 * follows from another (a key that was itself unreadable) is left out.
 */
import type { Path, TomlDocument } from "./toml-document.ts";

export interface Finding {
  /** Line in the file, from 1; 0 where the file does not say anything about the key. */
  readonly line: number;
  /** `"listen.addresses"`, `"upstream.server[quad9].auth_name"`; `""` for the file as a whole. */
  readonly key: string;
  /** What is wrong; what is allowed. */
  readonly text: string;
}

export class Findings {
  readonly #document: TomlDocument;
  readonly #faults: Finding[] = [];
  readonly #warnings: Finding[] = [];
  /** Keys already known to be faulty. BOUNDED: by the keys of one file. */
  readonly #damaged = new Set<string>();

  constructor(document: TomlDocument) {
    this.#document = document;
  }

  get faults(): readonly Finding[] {
    return inOrder(this.#faults);
  }

  get warnings(): readonly Finding[] {
    return inOrder(this.#warnings);
  }

  /** Marks a key whose value could not be read. */
  damage(path: Path): void {
    this.#damaged.add(path.join("\0"));
  }

  /** A fault that stands, whatever else is wrong. */
  always(path: Path, text: string): void {
    this.#faults.push(this.#finding(path, text));
  }

  /** A fault of `path`, that other keys have a part in; nothing where one of them is faulty itself. */
  fault(path: Path, text: string, ...others: Path[]): void {
    if (!this.#isDamaged(path, ...others)) this.always(path, text);
  }

  warn(path: Path, text: string, ...others: Path[]): void {
    if (!this.#isDamaged(path, ...others)) this.#warnings.push(this.#finding(path, text));
  }

  #isDamaged(...paths: Path[]): boolean {
    return paths.some((path) =>
      path.some((_, index) => this.#damaged.has(path.slice(0, index + 1).join("\0"))),
    );
  }

  #finding(path: Path, text: string): Finding {
    return { line: this.#document.lineOf(path), key: keyText(path, this.#document.values), text };
  }
}

/** One line for people: `sotto.toml:12: listen.workers: 0 is out of range; ...`. */
export function findingToText(source: string, finding: Finding): string {
  const place = finding.line === 0 ? source : `${source}:${finding.line}`;
  const parts = [place, finding.key, finding.text].filter((part) => part !== "");
  // A key or a broken line may hold anything; what it does to a terminal must not be its author's choice.
  return parts.join(": ").replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) =>
    JSON.stringify(character)
      .slice(1, -1)
      .replace(/[\u007f-\u009f]/, "?"),
  );
}

function inOrder(findings: readonly Finding[]): readonly Finding[] {
  return [...findings].sort((a, b) => a.line - b.line);
}

/** The key as people would look for it; a server by its name, else by its place from 1. */
function keyText(path: Path, values: Readonly<Record<string, unknown>>): string {
  let text = "";
  let at: unknown = values;
  for (const part of path) {
    at = (at as Record<string | number, unknown> | undefined)?.[part];
    if (typeof part === "string") text += text === "" ? part : `.${part}`;
    else text += `[${nameOf(at) ?? part + 1}]`;
  }
  return text;
}

function nameOf(value: unknown): string | undefined {
  const name = (value as { readonly name?: unknown } | undefined)?.name;
  return typeof name === "string" && name !== "" ? name : undefined;
}
