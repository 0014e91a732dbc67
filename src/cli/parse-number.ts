import { UsageError } from './usage.ts';

/** An option's value. @throws UsageError */
export function parseNumber(
  name: string,
  given: unknown,
  { fallback, least, isWhole }: { fallback: number; least: number; isWhole: boolean },
): number {
  const value = given === undefined ? fallback : Number(given);
  if (!(value >= least) || (isWhole && !Number.isSafeInteger(value))) {
    const kind = isWhole ? 'a whole number' : 'a number';
    throw new UsageError(`--${name} is '${String(given)}'; ${kind} of at least ${least} is needed`);
  }
  return value;
}
