/** One axis: the position of a value in pixels, and the values with a label. */
export interface Scale {
  readonly place: (value: number) => number;
  readonly ticks: readonly number[];
}

/** Two ends, in values or in pixels. */
type Range = readonly [from: number, to: number];

export function linearScale([from, to]: Range, [start, end]: Range): Scale {
  const step = niceStep((to - from) / 5);
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return {
    place: (value) => start + ((value - from) / (to - from)) * (end - start),
    ticks: Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step),
  };
}

/** Both values must be above 0. Ticks are round numbers by default, and more in a short range. */
export function logScale([from, to]: Range, [start, end]: Range, ticks?: readonly number[]): Scale {
  const share = (value: number) => Math.log(value / from) / Math.log(to / from);
  return {
    place: (value) => start + share(value) * (end - start),
    ticks: (ticks ?? roundNumbers(from, to)).filter((tick) => tick >= from && tick <= to),
  };
}

/** The smallest of 1, 1.5, 2 ... times a power of ten that is at least the value; 1 for 0. */
export function niceAbove(value: number): number {
  return roundUp(value, [1, 1.5, 2, 3, 4, 5, 6, 8]);
}

function niceStep(value: number): number {
  return roundUp(value, [1, 2, 5]);
}

function roundUp(value: number, factors: readonly number[]): number {
  if (!(value > 0) || !Number.isFinite(value)) {
    return 1;
  }
  const power = 10 ** Math.floor(Math.log10(value));
  return (factors.find((each) => each * power >= value * (1 - 1e-9)) ?? 10) * power;
}

function roundNumbers(from: number, to: number): readonly number[] {
  const powers: number[] = [];
  for (let power = Math.floor(Math.log10(from)); power <= Math.log10(to); power++) {
    powers.push(power);
  }
  const factors = to > 10 * from ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 7];
  return powers.flatMap((power) => factors.map((factor) => factor * 10 ** power));
}
