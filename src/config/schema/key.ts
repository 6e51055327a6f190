/** How a key and a section are declared: kind, default as the file would hold it, and the comment people read. */
import * as z from "zod/mini";
import type { Kind } from "../kinds.ts";

/** A key that may be left out. `preset` is written as in the file and goes through the same checks. */
export function key<Out, In>(
  kind: Kind<Out, In>,
  preset: NoInfer<In>,
  description: string,
): z.ZodMiniPrefault<Kind<Out, In>> {
  return z.prefault(kind, preset as never).check(z.meta({ description }));
}

type Shape = Readonly<Record<string, z.ZodMiniType>>;

/** A `[table]` of the file; missing means all defaults. Keys it does not know are faults. */
export function section<Keys extends Shape>(
  keys: Keys,
  description: string,
): z.ZodMiniPrefault<z.ZodMiniObject<Keys, z.core.$strict>> {
  return z.prefault(z.strictObject(keys), {} as never).check(z.meta({ description }));
}
