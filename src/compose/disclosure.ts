/**
 * What a lookup told whom, from the steps it took: the end of what `sotto explain` shows. What was known from
 * earlier lookups was told to nobody in this one.
 */
import type { TraceStep } from "../ports/trace.ts";

/** One line a server that was asked; one that says so where none was. */
export function disclosures(steps: readonly TraceStep[]): readonly Omit<TraceStep, "at">[] {
  const byUpstream = new Map<string, Set<string>>(); // BOUNDED: by the servers asked in one lookup.
  for (const { detail } of steps) {
    const { upstream, told } = detail ?? {};
    if (typeof upstream !== "string" || typeof told !== "string") continue;
    byUpstream.set(upstream, (byUpstream.get(upstream) ?? new Set()).add(told));
  }
  if (byUpstream.size === 0) return [{ stage: "privacy", text: "nobody was told anything" }];
  return [...byUpstream].map(([upstream, told]) => ({
    stage: "privacy",
    text: `${upstream} was told ${[...told].join(", ")}`,
    detail: { upstream, questions: [...told] },
  }));
}
