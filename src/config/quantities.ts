/**
 * Durations and sizes as people write them: `"250ms"`, `"1h30m"`, `"32MiB"`. Knows nothing of keys or ranges.
 */

/** Milliseconds in each unit. A month or a year is not a fixed time, so there is none. */
const DURATION_UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Octets in each unit: IEC units are powers of 1024, SI units powers of 1000. */
const SIZE_UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1_000,
  mb: 1_000_000,
  gb: 1_000_000_000,
  kib: 1_024,
  mib: 1_048_576,
  gib: 1_073_741_824,
};

export const DURATION_PATTERN = "^(\\d+(\\.\\d+)?(ms|s|m|h|d|w))+$";
export const SIZE_PATTERN = "^\\d+(\\.\\d+)?([KMG]i?)?B$";

/** Milliseconds, or `undefined` where `text` is not a duration. Parts add up: `"1h30m"`. */
export function parseDuration(text: string): number | undefined {
  if (!new RegExp(DURATION_PATTERN).test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g)) {
    total += Number(amount) * (DURATION_UNITS[unit ?? ""] ?? 0);
  }
  return Math.round(total);
}

/** Octets, or `undefined` where `text` is not a size. Case of the unit does not matter. */
export function parseSize(text: string): number | undefined {
  const parts = /^(\d+(?:\.\d+)?)\s?([a-z]+)$/i.exec(text);
  const unit = SIZE_UNITS[parts?.[2]?.toLowerCase() ?? ""];
  return unit === undefined ? undefined : Math.round(Number(parts?.[1]) * unit);
}

/** The shortest exact way to write `milliseconds`: 90000 is `"90s"`, 120000 is `"2m"`. */
export function durationToText(milliseconds: number): string {
  for (const unit of ["d", "h", "m", "s"]) {
    const length = DURATION_UNITS[unit] ?? 1;
    if (milliseconds > 0 && milliseconds % length === 0) return `${milliseconds / length}${unit}`;
  }
  return milliseconds === 0 ? "0s" : `${milliseconds}ms`;
}

/** The shortest exact way to write `octets`, in powers of 1024. */
export function sizeToText(octets: number): string {
  for (const unit of ["GiB", "MiB", "KiB"]) {
    const size = SIZE_UNITS[unit.toLowerCase()] ?? 1;
    if (octets > 0 && octets % size === 0) return `${octets / size}${unit}`;
  }
  return `${octets}B`;
}
