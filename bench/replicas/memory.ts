import { readFileSync } from 'node:fs';

/** A process's memory in megabytes. */
export interface ProcessMemory {
  /** Private pages that no file backs: heaps, stacks, copies of weights. */
  readonly anonymousMb: number;
  /** All resident pages; one that is mapped n times counts as 1/n each time. */
  readonly proportionalMb: number;
}

/** Undefined where there is no /proc with smaps_rollup. */
export function readMemory(pid: number): ProcessMemory | undefined {
  try {
    return parseMemory(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
  } catch {
    return undefined;
  }
}

export function parseMemory(rollup: string): ProcessMemory {
  const megabytes = (name: string) => {
    const [, kilobytes = 'NaN'] = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(rollup) ?? [];
    return Number(kilobytes) / 1024;
  };
  return { anonymousMb: megabytes('Anonymous'), proportionalMb: megabytes('Pss') };
}
