/**
 * A forest of randomised trees (Geurts et al., "Extremely randomized trees", 2006): each node tries a few features
 * at a threshold drawn by chance and keeps the one that separates the classes best. The classifier that does
 * best on traffic traces next to deep networks, in a hundred lines.
 */
import { SeededRandom } from "../../test/support/seeded-random.ts";

interface Node {
  /** -1: a leaf. */
  readonly feature: number;
  readonly threshold: number;
  readonly low: Node | undefined;
  readonly high: Node | undefined;
  /** Of a leaf: how many of each class came here. */
  readonly counts: ReadonlyMap<number, number>;
}

const TREES = 150;
const LEAST_TO_SPLIT = 4;

export class Forest {
  readonly #trees: readonly Node[];

  constructor(vectors: readonly (readonly number[])[], classes: readonly number[]) {
    const random = new SeededRandom(99);
    const tried = Math.ceil(Math.sqrt(vectors[0]?.length ?? 1) * 2);
    const all = vectors.map((_, i) => i);
    this.#trees = Array.from({ length: TREES }, () => grow(all, vectors, classes, tried, random));
  }

  /** The class that most trees say, each in proportion to what it saw. */
  classify(vector: readonly number[]): number {
    const votes = new Map<number, number>();
    for (const tree of this.#trees) {
      const { counts } = leafOf(tree, vector);
      let total = 0;
      for (const count of counts.values()) total += count;
      for (const [each, count] of counts) votes.set(each, (votes.get(each) ?? 0) + count / total);
    }
    return [...votes].sort((one, other) => other[1] - one[1])[0]?.[0] ?? -1;
  }
}

function grow(
  members: readonly number[],
  vectors: readonly (readonly number[])[],
  classes: readonly number[],
  tried: number,
  random: SeededRandom,
): Node {
  const counts = countsOf(members, classes);
  if (members.length < LEAST_TO_SPLIT || counts.size === 1) return leaf(counts);
  let best:
    | { feature: number; threshold: number; low: number[]; high: number[]; impurity: number }
    | undefined;
  for (let i = 0; i < tried; i++) {
    const feature = random.below(vectors[0]!.length);
    const a = vectors[members[random.below(members.length)]!]![feature]!;
    const b = vectors[members[random.below(members.length)]!]![feature]!;
    if (a === b) continue;
    const threshold = a + ((b - a) * (1 + random.below(999))) / 1_000;
    const low: number[] = [];
    const high: number[] = [];
    for (const member of members) (vectors[member]![feature]! < threshold ? low : high).push(member);
    if (low.length === 0 || high.length === 0) continue;
    const impurity = impurityOf(low, classes) + impurityOf(high, classes);
    if (best === undefined || impurity < best.impurity) best = { feature, threshold, low, high, impurity };
  }
  if (best === undefined) return leaf(counts);
  return {
    feature: best.feature,
    threshold: best.threshold,
    low: grow(best.low, vectors, classes, tried, random),
    high: grow(best.high, vectors, classes, tried, random),
    counts,
  };
}

/** Gini's, times the members. */
function impurityOf(members: readonly number[], classes: readonly number[]): number {
  let squares = 0;
  for (const count of countsOf(members, classes).values()) squares += count * count;
  return members.length - squares / members.length;
}

function countsOf(members: readonly number[], classes: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const member of members) counts.set(classes[member]!, (counts.get(classes[member]!) ?? 0) + 1);
  return counts;
}

function leaf(counts: ReadonlyMap<number, number>): Node {
  return { feature: -1, threshold: 0, low: undefined, high: undefined, counts };
}

function leafOf(tree: Node, vector: readonly number[]): Node {
  let node = tree;
  while (node.feature >= 0) node = (vector[node.feature]! < node.threshold ? node.low : node.high)!;
  return node;
}
