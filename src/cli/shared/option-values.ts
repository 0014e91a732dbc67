import { UsageError } from './usage.ts';

export interface Bounds {
  readonly min?: number;
  readonly max?: number;
  readonly whole?: boolean;
}

/** Parses the number of an option; `name` is without dashes. @throws UsageError */
export function parseNumber(
  name: string,
  text: string,
  { min = 0, max, whole = false }: Bounds,
): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  const isInside = Number.isFinite(value) && value >= min && value <= (max ?? value);
  if (!isInside || (whole && !Number.isSafeInteger(value))) {
    const range = max === undefined ? `of at least ${min}` : `from ${min} to ${max}`;
    throw new UsageError(
      `--${name} is '${text}'; a ${whole ? 'whole ' : ''}number ${range} is needed`,
    );
  }
  return value;
}

/** Parses an option that allows a few values; `name` is without dashes. @throws UsageError */
export function parseOneOf<T extends string>(name: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === text);
  if (found === undefined) {
    throw new UsageError(`--${name} is '${text}'; one of ${allowed.join(', ')} is needed`);
  }
  return found;
}
