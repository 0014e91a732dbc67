import { readFileSync } from 'node:fs';
import type { Machine } from '../src/eval/measures/machine.ts';

export { describeMachine, type Machine } from '../src/eval/measures/machine.ts';
export { median } from '../src/eval/measures/metrics.ts';

/**
 * The most memory this process ever held, in megabytes; file pages it mapped count. From /proc: `maxRSS` of
 * `process.resourceUsage()` starts from the parent's size in a child process. NaN where there is no /proc.
 */
export function peakMemoryMb(): number {
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? NaN) / 1024;
  } catch {
    return NaN;
  }
}

/** The machine in one line of a report. */
export function machineText({ cpu, cores, node, commit, date }: Machine): string {
  return `${cpu}, ${cores} cores, Node ${node}, commit ${commit}, ${date}`;
}
