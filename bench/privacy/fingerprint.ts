/**
 * The observer's guess at which site a trace is of: k nearest neighbours, in a closed world. Two ways to
 * measure nearness, and the better one counts:
 *
 * - what: how often sizes, and runs of two and three of them, occur (with direction), weighted by how rare
 *   they are among sites; cosine. Blind to time but for order.
 * - how much: records, octets, bursts and gaps in each direction; distance in units of their spread.
 */
import type { Sighting } from "./server.ts";
import type { Trace } from "./visits.ts";

export interface Guessing {
  /** Share of traces whose site is guessed right: by each measure, and by the best of them. */
  readonly what: number;
  readonly howMuch: number;
  readonly both: number;
  readonly best: number;
}

const NEIGHBOURS = 3;
const FOLDS = 4;

/** Trains on all visits but one in `FOLDS` of each site, guesses those, and so on in turn. */
export function guess(traces: readonly Trace[]): Guessing {
  const folds = foldsOf(traces);
  const right = { what: 0, howMuch: 0, both: 0 };
  for (let fold = 0; fold < FOLDS; fold++) {
    const train = traces.filter((_, i) => folds[i] !== fold);
    const test = traces.filter((_, i) => folds[i] === fold);
    const runs = new Runs(train.map(({ sightings }) => sightings));
    const totals = new Totals(train.map(({ sightings }) => sightings));
    for (const trace of test) {
      const what = runs.distances(trace.sightings);
      const howMuch = totals.distances(trace.sightings);
      const both = what.map((distance, i) => distance + howMuch[i]! / 12);
      if (vote(what, train) === trace.site) right.what++;
      if (vote(howMuch, train) === trace.site) right.howMuch++;
      if (vote(both, train) === trace.site) right.both++;
    }
  }
  const share = (count: number): number => count / traces.length;
  const [what, howMuch, both] = [share(right.what), share(right.howMuch), share(right.both)];
  return { what, howMuch, both, best: Math.max(what, howMuch, both) };
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
    for (const counts of counted) for (const run of counts.keys()) traces.set(run, (traces.get(run) ?? 0) + 1);
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

/** A dozen and a half of sums, each in units of its spread. */
class Totals {
  readonly #spread: readonly number[];
  readonly #vectors: readonly (readonly number[])[];

  constructor(train: readonly (readonly Sighting[])[]) {
    const raw = train.map(totalsOf);
    this.#spread = raw[0]!.map((_, feature) => deviation(raw.map((vector) => vector[feature]!)) || 1);
    this.#vectors = raw;
  }

  distances(sightings: readonly Sighting[]): number[] {
    const vector = totalsOf(sightings);
    return this.#vectors.map((other) =>
      vector.reduce((sum, value, i) => sum + Math.abs(value - other[i]!) / this.#spread[i]!, 0),
    );
  }
}

function totalsOf(sightings: readonly Sighting[]): number[] {
  const up = sightings.filter(([, size]) => size > 0);
  const down = sightings.filter(([, size]) => size < 0);
  const octets = (side: readonly Sighting[]): number => side.reduce((sum, [, size]) => sum + Math.abs(size), 0);
  const gaps = sightings.slice(1).map(([at], i) => at - sightings[i]![0]);
  const sorted = [...gaps].sort((one, other) => one - other);
  const quantile = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  const bursts = sightings.filter(([, size], i) => i === 0 || Math.sign(size) !== Math.sign(sightings[i - 1]![1]));
  const largest = down.map(([, size]) => -size).sort((one, other) => other - one);
  const duration = (sightings.at(-1)?.[0] ?? 0) - (sightings[0]?.[0] ?? 0);
  return [
    up.length,
    down.length,
    octets(up),
    octets(down),
    octets(down) / (down.length || 1),
    bursts.length,
    gaps.filter((gap) => gap > 60).length,
    duration,
    quantile(0.5),
    quantile(0.9),
    ...[0, 1, 2, 4, 8].map((i) => largest[i] ?? 0),
    ...[3, 10, 20].map((i) => octets(sightings.slice(0, i))),
  ];
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
