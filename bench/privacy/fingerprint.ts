/**
 * The observer's guess at which site a trace is of, in a closed world. Two ways to guess, and the better one counts:
 *
 * - nearest neighbours: how often sizes, and runs of two and three of them, occur (with direction), weighted by how
 *   rare they are among sites; cosine. Blind to time but for order. Deadly where sizes differ.
 * - a forest of randomised trees over sums, sizes and times. Lives on what padding cannot hide.
 */
import { featuresOf } from "./features.ts";
import { Forest } from "./forest.ts";
import type { Sighting } from "./server.ts";
import type { Trace } from "./visits.ts";

/** Share of traces whose site is guessed right. */
export interface Guessing {
  readonly neighbours: number;
  readonly forest: number;
  readonly best: number;
}

const NEIGHBOURS = 3;
export const FOLDS = 4;

/** Trains on all visits but one in `FOLDS` of each site, guesses those, and so on in turn. */
export function guess(traces: readonly Trace[]): Guessing {
  const folds = foldsOf(traces);
  const vectors = traces.map(({ sightings }) => featuresOf(sightings));
  const right = { neighbours: 0, forest: 0 };
  for (let fold = 0; fold < FOLDS; fold++) {
    const known = traces.flatMap((_, i) => (folds[i] === fold ? [] : [i]));
    const train = known.map((i) => traces[i]!);
    const runs = new Runs(train.map(({ sightings }) => sightings));
    const forest = new Forest(
      known.map((i) => vectors[i]!),
      train.map(({ site }) => site),
    );
    traces.forEach(({ site, sightings }, i) => {
      if (folds[i] !== fold) return;
      if (vote(runs.distances(sightings), train) === site) right.neighbours++;
      if (forest.classify(vectors[i]!) === site) right.forest++;
    });
  }
  const neighbours = right.neighbours / traces.length;
  const forest = right.forest / traces.length;
  return { neighbours, forest, best: Math.max(neighbours, forest) };
}

/** Octets that passed in a visit, on average. */
export function octetsAVisit(traces: readonly Trace[]): number {
  const octets = traces.reduce(
    (sum, { sightings }) => sum + sightings.reduce((all, [, size]) => all + Math.abs(size), 0),
    0,
  );
  return octets / traces.length;
}

function foldsOf(traces: readonly Trace[]): number[] {
  const seen = new Map<number, number>();
  return traces.map(({ site }) => {
    const count = seen.get(site) ?? 0;
    seen.set(site, count + 1);
    return count % FOLDS;
  });
}

/** The site that most of the nearest are of; the nearer one where they are even. */
function vote(distances: readonly number[], train: readonly Trace[]): number {
  const nearest = distances
    .map((distance, i) => ({ distance, site: train[i]!.site }))
    .sort((one, other) => one.distance - other.distance)
    .slice(0, NEIGHBOURS);
  const votes = new Map<number, number>();
  for (const { site, distance } of nearest) votes.set(site, (votes.get(site) ?? 0) + 1 / (distance + 1e-6));
  return [...votes].sort((one, other) => other[1] - one[1])[0]?.[0] ?? -1;
}

/** Runs of one to three sizes, as vectors with weights. */
class Runs {
  readonly #rarity = new Map<string, number>();
  readonly #vectors: readonly Map<string, number>[];

  constructor(train: readonly (readonly Sighting[])[]) {
    const counted = train.map(countRuns);
    const traces = new Map<string, number>();
    for (const counts of counted)
      for (const run of counts.keys()) traces.set(run, (traces.get(run) ?? 0) + 1);
    for (const [run, count] of traces) this.#rarity.set(run, Math.log((train.length + 1) / count));
    this.#vectors = counted.map((counts) => this.#weigh(counts));
  }

  distances(sightings: readonly Sighting[]): number[] {
    const vector = this.#weigh(countRuns(sightings));
    return this.#vectors.map((other) => {
      const [less, more] = vector.size < other.size ? [vector, other] : [other, vector];
      let product = 0;
      for (const [run, weight] of less) product += weight * (more.get(run) ?? 0);
      return 1 - product;
    });
  }

  #weigh(counts: ReadonlyMap<string, number>): Map<string, number> {
    const weights = new Map<string, number>();
    let square = 0;
    for (const [run, count] of counts) {
      const weight = (1 + Math.log(count)) * (this.#rarity.get(run) ?? 0);
      square += weight * weight;
      weights.set(run, weight);
    }
    const length = Math.sqrt(square) || 1;
    for (const [run, weight] of weights) weights.set(run, weight / length);
    return weights;
  }
}

function countRuns(sightings: readonly Sighting[]): Map<string, number> {
  const counts = new Map<string, number>();
  const sizes = sightings.map(([, size]) => size);
  for (let at = 0; at < sizes.length; at++) {
    let run = "";
    for (let length = 1; length <= 3 && at + length <= sizes.length; length++) {
      run += `,${sizes[at + length - 1]!}`;
      counts.set(run, (counts.get(run) ?? 0) + 1);
    }
  }
  return counts;
}
