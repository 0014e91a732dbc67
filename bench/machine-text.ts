import type { Machine } from './machine.ts';

/** The machine in one line of a report. */
export function machineText({ cpu, cores, node, commit, date }: Machine): string {
  return `${cpu}, ${cores} cores, Node ${node}, commit ${commit}, ${date}`;
}
