import { readFileSync } from 'node:fs';
import type { Machine } from '../src/eval/measures/machine.ts';

/**
 * Peak resident memory of a process, by default of this one, in megabytes, mapped file pages
 * included. It is read from /proc, since `maxRSS` of `process.resourceUsage()` starts at the size
 * of the parent process. NaN where there is no /proc.
 */
export function peakMemoryMb(pid: number | 'self' = 'self'): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? NaN) / 1024;
  } catch {
    return NaN;
  }
}

/** The machine, as one line of a report. */
export function machineText({ cpu, cores, node, commit, date }: Machine): string {
  return `${cpu}, ${cores} cores, Node ${node}, commit ${commit}, ${date}`;
}
