import { CheckpointError } from './checkpoint.ts';

/** Where in a checkpoint: a file, and what in it. */
export function within(file: string, part: string): string {
  return `${file}: ${part}`;
}

/** A name that came from a file, fit for a message: escaped, and cut if it is absurdly long. */
export function quote(name: string): string {
  const shown = name.length > 96 ? `${name.slice(0, 96)}...` : name;
  return JSON.stringify(shown);
}

/** Ends the reading of a checkpoint: where, what was wrong, what was found, what is allowed. */
export function refuse(where: string, what: string, found: unknown, allowed: string): never {
  const text = typeof found === 'bigint' ? found.toString() : show(found);
  throw new CheckpointError(`${where}: ${what} is ${text}; allowed: ${allowed}`);
}

function show(found: unknown): string {
  if (found === undefined) {
    return 'missing';
  }
  const text = typeof found === 'number' ? String(found) : JSON.stringify(found);
  return text.length > 160 ? `${text.slice(0, 160)}...` : text;
}
