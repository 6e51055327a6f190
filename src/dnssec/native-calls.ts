/** C functions of this program itself, called by their names. */
import type { Koffi } from "../ports/koffi.ts";

/**
 * An object with a function for each definition in C, by its name.
 * @throws where one is missing.
 */
export function nativeCalls<Calls>(koffi: Koffi, definitions: readonly string[]): Calls {
  const program = koffi.load(null);
  return Object.fromEntries(
    definitions.map((definition) => [nameIn(definition), program.func(definition)]),
  ) as Calls;
}

function nameIn(definition: string): string {
  return /(\w+)\(/.exec(definition)![1]!;
}
