/** A data file that is missing, malformed or inconsistent. The message names file, line, found and expected. */
export class DataError extends Error {
  override readonly name = 'DataError';
}

/** Where something stands; lines count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

export function dataError(place: Place, found: string, expected: string): DataError {
  return new DataError(`${place.file}:${place.line}: found ${found}; expected ${expected}`);
}

/** Quotes what a file said, cut short: lines may be megabytes. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
}
