/**
 * A trace as numbers, for a classifier: how much passed in each direction, in what sizes, how it was spread over
 * time and order. The sums follow what website fingerprinting has found telling (k-fingerprinting; CUMUL).
 */
import type { Sighting } from "./server.ts";

/** Points at which running sums are taken. */
const POINTS = 30;
/** Milliseconds of one slot of time, and how many there are. */
const SLOT = 50;
const SLOTS = 24;
/** Milliseconds: a gap from which on a page waits for something. */
const PAUSES = [10, 25, 60, 150];

export function featuresOf(sightings: readonly Sighting[]): number[] {
  const up = sightings.filter(([, size]) => size > 0);
  const down = sightings.filter(([, size]) => size < 0);
  const since = sightings[0]?.[0] ?? 0;
  const sizesDown = down.map(([, size]) => -size).sort((one, other) => other - one);
  const gaps = sightings.slice(1).map(([at], i) => at - sightings[i]![0]);
  const sortedGaps = [...gaps].sort((one, other) => one - other);
  return [
    up.length,
    down.length,
    octetsOf(up),
    octetsOf(down),
    octetsOf(down) / Math.max(1, down.length),
    (sightings.at(-1)?.[0] ?? 0) - since,
    ...PAUSES.map((pause) => gaps.filter((gap) => gap > pause).length),
    ...[0.25, 0.5, 0.75, 0.9].map((share) => sortedGaps[Math.floor(share * (sortedGaps.length - 1))] ?? 0),
    ...Array.from({ length: 12 }, (_, i) => sizesDown[i] ?? 0),
    ...bySize(down),
    ...bySize(up),
    ...slots(up, since),
    ...slots(down, since),
    ...runningSums(sightings),
    ...sightings.slice(0, 20).map(([, size]) => size),
    ...Array.from({ length: Math.max(0, 20 - sightings.length) }, () => 0),
  ];
}

/** How many records of each size there are, in steps of a padding block and a bit. */
function bySize(side: readonly Sighting[]): number[] {
  const counts = Array.from({ length: 14 }, () => 0);
  for (const [, size] of side) counts[Math.min(13, Math.floor(Math.abs(size) / 150))]! += 1;
  return counts;
}

function slots(side: readonly Sighting[], since: number): number[] {
  const counts = Array.from({ length: SLOTS }, () => 0);
  for (const [at] of side) counts[Math.min(SLOTS - 1, Math.floor((at - since) / SLOT))]! += 1;
  return counts;
}

/** The sum of signed sizes on the way through the trace, at evenly spaced places (CUMUL). */
function runningSums(sightings: readonly Sighting[]): number[] {
  const sums = [0];
  for (const [, size] of sightings) sums.push(sums.at(-1)! + size);
  return Array.from({ length: POINTS }, (_, i) => sums[Math.round((i / (POINTS - 1)) * (sums.length - 1))]!);
}

function octetsOf(side: readonly Sighting[]): number {
  return side.reduce((sum, [, size]) => sum + Math.abs(size), 0);
}
